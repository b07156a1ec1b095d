import type { Channel } from '@rollcall/channel';

/** What is answered: a status, and JSON in pieces. */
export type Answer = {
  status: number;
  pieces: readonly Buffer[];
  headers?: Readonly<Record<string, string>>;
  /** The one channel that it tells of. */
  about?: Channel;
};

export const json = (value: unknown, status = 200): Answer => ({
  status,
  pieces: [Buffer.from(JSON.stringify(value))],
});

/** As Asterisk says what is wrong. */
export const refused = (status: number, message: string, headers?: Readonly<Record<string, string>>): Answer => ({
  ...json({ message }, status),
  ...(headers && { headers }),
});
