/** One thing that was looked into between Rollcall and a PBX, for `rollcall doctor`. */
export type Finding = {
  what: 'clock-skew' | 'event-times' | 'permission' | 'write-timeout' | 'event-filter' | 'hangups';
  /** Undefined: it cannot be told. */
  ok: boolean | undefined;
  /** What was found, or why it cannot be told: one sentence, never with a secret. */
  detail: string;
  /** What to do about it; empty when there is nothing to do. */
  advice: string;
};

export const finding = (
  what: Finding['what'],
  ok: boolean | undefined,
  detail: string,
  advice: string | undefined = '',
): Finding => ({ what, ok, detail, advice: ok === true ? '' : advice });
