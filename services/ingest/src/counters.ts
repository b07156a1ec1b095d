/** What came in and what was prevented, since the process started. For operators; the truth is in the log. */
export type IngestCounters = {
  observations: number;
  events: number;
  /** Of these, how many of each type. */
  byType: Record<string, number>;
  /** Reports that changed nothing. */
  unchanged: number;
  /** Reports about a channel that was over: each would be a ghost in a list that believes them. */
  late: number;
  /** Contradictions that were put to the PBX, or held back until proof. */
  suspect: number;
  /** Second reports of the same end. */
  duplicate: number;
  /** Reports about a channel never seen, without proof that it exists. */
  unknown: number;
  /** Channels of a dead boot that were ended. */
  ended: number;
  reconciled: { lists: number; created: number; changed: number; removed: number };
  /** Appends decided anew because another writer was first. */
  conflicts: number;
  /** Events that the log will never take: an append too large, a stream deleted for good. */
  refused: number;
  /**
   * Ends of channels: `told` by the PBX; `missed`: never told on a connection that had told of the channel and was not lost; `late`: of
   * those, told after all. What is missed and not late was hidden from the user, or never sent.
   */
  hangups: { told: number; missed: number; late: number };
  audits: {
    done: number;
    /** Begun and not ended, since the connection was lost or the PBX did not answer. */
    failed: number;
    /** How many entries of each kind the last one had. `at`: milliseconds since 1970. */
    last: { at: number; agreed: number; ours: number; missing: number; asterisks: number } | undefined;
  };
};

export const createIngestCounters = (): IngestCounters => ({
  observations: 0,
  events: 0,
  byType: {},
  unchanged: 0,
  late: 0,
  suspect: 0,
  duplicate: 0,
  unknown: 0,
  ended: 0,
  reconciled: { lists: 0, created: 0, changed: 0, removed: 0 },
  conflicts: 0,
  refused: 0,
  hangups: { told: 0, missed: 0, late: 0 },
  audits: { done: 0, failed: 0, last: undefined },
});

/** Counts an event that was decided. */
export const countEvent = (counters: IngestCounters, type: string): void => {
  counters.events++;
  counters.byType[type] = (counters.byType[type] ?? 0) + 1;
};
