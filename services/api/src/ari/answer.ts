import type { Channel } from '@rollcall/channel';

/** What is answered: a status, and JSON. */
export type Answer = {
  status: number;
  /** What is short goes out as text, in one write with its headers; what is long in pieces; without either there is no body. */
  body: string | readonly Buffer[] | undefined;
  headers?: Readonly<Record<string, string>>;
  /** The one channel that it tells of. */
  about?: Channel;
};

export const json = (value: unknown, status = 200): Answer => ({
  status,
  body: JSON.stringify(value),
});

/** As Asterisk says what is wrong. */
export const refused = (status: number, message: string, headers?: Readonly<Record<string, string>>): Answer => ({
  ...json({ message }, status),
  ...(headers && { headers }),
});

/** How long they are together. */
export const bytesOf = (pieces: readonly Buffer[]): number => {
  let length = 0;
  for (const { byteLength } of pieces) length += byteLength;
  return length;
};
