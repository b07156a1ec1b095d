import type { Position } from '@rollcall/channel';

/**
 * What is wrong with a log.
 * - `checksum`: an event is not what was written
 * - `gap`: revisions of a stream are missing
 * - `head`: a stream is kept as open, or as closed, and its events say otherwise
 * - `stream`: events without their stream, a stream without events, or with another first event
 * - `kind`: events whose type is missing
 * - `count`, `sum`: events were lost or added since they were written, or changed, together with what else would show it
 * - `clock`: events by time may not be found
 * - `unreadable`: part of the file cannot be read
 * - `structure`: SQLite finds its own file wrong
 */
export type Finding = {
  what: 'checksum' | 'gap' | 'head' | 'stream' | 'kind' | 'count' | 'sum' | 'clock' | 'unreadable' | 'structure';
  /** Of the event, or of the stream's first event. */
  position?: Position;
  stream?: string;
  /** What is wrong, for people. */
  detail: string;
};
