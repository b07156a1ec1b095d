import type { Position } from '@rollcall/channel';

/**
 * Streams of which an append could not be placed. What follows it in the spool cannot be placed either, and nothing more is taken for
 * the stream until its writer has read it anew; what the writer decides from there on is good again.
 */
export const createBars = () => {
  /** `upTo`: the last append in the spool from before its writer read it anew; undefined: it has not yet. */
  const bars = new Map<string, { why: unknown; upTo: Position | undefined }>();
  const whyBarred = (stream: string, position: Position): unknown => {
    const bar = bars.get(stream);
    return bar && (bar.upTo === undefined || position <= bar.upTo) ? bar.why : undefined;
  };
  return {
    whyBarred,
    isBarred: (stream: string): boolean => {
      const bar = bars.get(stream);
      return bar !== undefined && bar.upTo === undefined;
    },
    bar: (stream: string, position: Position, why: unknown): void => {
      if (!whyBarred(stream, position)) bars.set(stream, { why, upTo: undefined });
    },
    /** Their writer reads them anew. `upTo`: the last append in the spool; undefined when it is empty. */
    lift: (streams: readonly string[], upTo: Position | undefined): void => {
      if (bars.size === 0) return;
      for (const stream of streams) {
        const bar = bars.get(stream);
        if (!bar || bar.upTo !== undefined) continue;
        if (upTo === undefined) bars.delete(stream);
        else bar.upTo = upTo;
      }
    },
    /** The spool is empty. */
    drained: (): void => {
      for (const [stream, { upTo }] of bars) if (upTo !== undefined) bars.delete(stream);
    },
  };
};

export type Bars = ReturnType<typeof createBars>;
