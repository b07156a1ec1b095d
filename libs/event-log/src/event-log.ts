import type { NewEvent, Position, RecordedEvent, Revision } from '@rollcall/channel';

/** The revision that a stream must be at for an append to be accepted; `none`: the stream must not exist yet. */
export type ExpectedRevision = Revision | 'none';

export type Appended = { revision: Revision; position: Position };

export type StreamHead = { revision: Revision; closed: boolean };

/**
 * The append-only log of all streams. One writer at a time for a stream; any number of readers. Events are delivered in
 * batches, in the order of the log; a batch is never empty and its size is bounded by the adapter. An event that this version
 * cannot read is delivered as `Unreadable`, in its place: it holds up nobody but its own stream.
 */
export type EventLog = {
  /**
   * Appends all `events` to `stream`, or none. Resolves, with the place of the last of them, once they are durable.
   * A retry of an append that had succeeded (same stream, same expected revision, same event ids) succeeds without writing again.
   * Concurrent appends may share one commit; each succeeds or fails by itself.
   * @throws WrongExpectedRevision when the stream is not at `expected`
   * @throws RollcallError LOG_FULL, LOG_READ_ONLY, LOG_DAMAGED, LOG_CLOSED
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended>;
  /** The events of one stream from `from` on (default: its first); nothing for an unknown stream. */
  readStream(stream: string, from?: Revision): AsyncIterable<RecordedEvent[]>;
  /** Everything after `after`, up to and including `to` (default: the head at the time of the call), in log order; then ends. */
  readAll(after: Position, to?: Position): AsyncIterable<RecordedEvent[]>;
  /**
   * All events, up to and including `at`, of the streams that are not closed at `at` (default: now): what is live can be
   * read without reading what is over. May also yield streams that closed at or before `at` (a fold of a stream tells). In
   * stream order within a stream; streams in any order, a stream never interleaved with another.
   */
  readOpen(at?: Position): AsyncIterable<RecordedEvent[]>;
  /** Everything after `after`, then whatever is appended, until `signal` aborts. A slow reader delays nobody else. */
  subscribe(after: Position, signal: AbortSignal): AsyncIterable<RecordedEvent[]>;
  /** Position of the last durable event; START when there is none. */
  head(): Promise<Position>;
  /** Heads of those of `streams` that exist. */
  heads(streams: readonly string[]): Promise<Map<string, StreamHead>>;
  /** Position of the last event recorded at or before `time` (milliseconds since 1970); START when there is none. */
  positionAt(time: number): Promise<Position>;
  /**
   * Up to here streams that were over have been dropped, or may have been; START when nothing ever was. What is known only as of
   * an earlier position cannot be brought up from the log, and the list of an earlier position cannot be told.
   */
  compactedTo(): Promise<Position>;
  /** Identity of this log, made when it was created: an image of another log is not of this one. */
  readonly id: string;
  /** Waits for appends under way, then releases everything. Later calls fail with LOG_CLOSED. */
  close(): Promise<void>;
};
