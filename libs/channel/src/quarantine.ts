import type { Position, Revision } from './place.ts';

/**
 * A stream set aside at an event that no handler can take. Everything behind that event waits, in order, until a version comes
 * that can read it or an operator skips it; only the stream's end waits for nothing.
 */
export type Quarantined = {
  stream: string;
  pbx: string;
  /** Place of the refused event in its stream and in the log. */
  revision: Revision;
  position: Position;
  /** The last revision that has come: what is behind `revision` up to here waits. */
  head: Revision;
  /** What the event says it is. */
  type: string;
  reason: string;
  /** Milliseconds since 1970, when the refused event was recorded. */
  recorded: number;
};
