/** What a process says of itself at `/readyz`. */
export type Readiness = {
  /** Why the list cannot be relied on just now; empty when it can. */
  problems: string[];
  pbxs: {
    name: string;
    state: string;
    reason?: string | undefined;
    warnings: string[];
    /** What came in and what was prevented since the start; see the ingest's counters. */
    counters: object;
  }[];
  position: number;
  /** How far the list is published on Kafka, where it is. */
  publishing?: object;
  /** What waits for a log on a server, where there is one. */
  spool?: object;
};
