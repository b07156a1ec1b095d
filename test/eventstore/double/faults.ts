/**
 * What can go wrong with one append.
 * - `silent`: it is taken, not written, and never answered
 * - `answer-lost`: it is written, and never answered
 * - `cut-after-write`: it is written, then the call is cut
 * - `slow`: `ms` pass before it is looked at
 * - `not-ready`, `busy`: UNAVAILABLE, not written
 * - `timeout`: ABORTED, as when the cluster does not agree in time; `written` says whether it was all the same
 * - `not-leader`: with the leader to turn to, or without
 */
export type AppendFault =
  | { is: 'silent' }
  | { is: 'answer-lost' }
  | { is: 'cut-after-write' }
  | { is: 'slow'; ms: number }
  | { is: 'not-ready' }
  | { is: 'busy' }
  | { is: 'timeout'; written: boolean }
  | { is: 'not-leader'; leader?: { host: string; port: number } };

/**
 * What can go wrong with one read or subscription.
 * - `silent`: after so many responses (default 0) nothing comes any more, and the call stays open
 * - `cut`: after so many responses the server cancels the call, as when it is shut down
 * - `ended`: after so many responses the call ends as if all were said
 * - `duplicates`: every event comes twice, and from time to time some that came long before
 * - `slow`: `ms` pass before each response
 */
export type ReadFault =
  | { is: 'silent'; after?: number }
  | { is: 'cut'; after: number }
  | { is: 'ended'; after: number }
  | { is: 'duplicates' }
  | { is: 'slow'; ms: number }
  | { is: 'not-ready' }
  | { is: 'not-leader'; leader?: { host: string; port: number } };

export type ReadKind = 'subscription' | 'read-all' | 'read-stream';

/** Asked at the beginning of each call; a test sets them and takes them away. */
export type Faults = {
  append?: ((stream: string) => AppendFault | undefined) | undefined;
  /** `from`: the position that a subscription begins behind, 0 for the start. */
  read?: ((kind: ReadKind, from: number) => ReadFault | undefined) | undefined;
};

/** The first `times` calls fail so, the rest do not. */
export const times = <F>(times: number, fault: F): (() => F | undefined) => {
  let left = times;
  return () => {
    left -= 1;
    return left >= 0 ? fault : undefined;
  };
};
