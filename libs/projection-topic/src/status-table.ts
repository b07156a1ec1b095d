import type { StatusRecord } from './read-status.ts';
import type { ChannelSnapshot, Checkpoint, PbxSnapshot } from './snapshot.ts';

/** What one publisher says of a PBX: of several, each for its own partition. */
export type PbxEntry = { partition: number | undefined; log: string; revision: number; pbx: PbxSnapshot };

/** The PBXs and checkpoints, as the records taken so far say. */
export const createStatusTable = () => {
  const pbxs = new Map<string, Map<number | undefined, PbxEntry>>();
  const checkpoints = new Map<string, { log: string; checkpoint: Checkpoint }>();

  /** Of several publishers, what the one says that is furthest; of equals the first partition's. */
  const furthest = (name: string): PbxEntry | undefined =>
    [...(pbxs.get(name)?.values() ?? [])].reduce<PbxEntry | undefined>((best, one) => {
      if (!best || one.revision > best.revision) return one;
      return one.revision === best.revision && (one.partition ?? -1) < (best.partition ?? -1) ? one : best;
    }, undefined);

  const put = (name: string, partition: number | undefined, entry: PbxEntry | undefined): void => {
    const entries = pbxs.get(name) ?? new Map();
    if (entry) entries.set(partition, entry);
    else entries.delete(partition);
    if (entries.size > 0) pbxs.set(name, entries);
    else pbxs.delete(name);
  };

  return {
    /** The PBX that stands otherwise than before; undefined in `pbx` once it is forgotten. */
    take: (
      record: Extract<StatusRecord, { is: 'pbx' | 'checkpoint' }>,
    ): { name: string; pbx: PbxSnapshot | undefined } | undefined => {
      if (record.is === 'checkpoint') {
        checkpoints.set(record.key, { log: record.log, checkpoint: record.checkpoint });
        return undefined;
      }
      const { name, partition, log, revision, pbx } = record;
      const known = pbxs.get(name)?.get(partition);
      if (pbx && known?.log === log && known.revision > revision) return undefined;
      const before = furthest(name);
      put(name, partition, pbx && { partition, log, revision, pbx });
      const after = furthest(name);
      // Another publisher has come as far: that is nothing new.
      if (before && after && before.revision === after.revision && before.partition !== after.partition)
        return undefined;
      return JSON.stringify(before?.pbx) === JSON.stringify(after?.pbx) ? undefined : { name, pbx: after?.pbx };
    },
    /** `partition`: as seen from the channels in it. */
    pbx: (name: string, partition?: number): PbxSnapshot | undefined =>
      ((partition === undefined ? undefined : pbxs.get(name)?.get(partition)) ?? furthest(name))?.pbx,
    *pbxs(): Generator<PbxSnapshot> {
      for (const name of pbxs.keys()) {
        const found = furthest(name);
        if (found) yield found.pbx;
      }
    },
    *entries(): Generator<PbxEntry> {
      for (const entries of pbxs.values()) yield* entries.values();
    },
    checkpoints: checkpoints as ReadonlyMap<string, { log: string; checkpoint: Checkpoint }>,
  };
};

export type StatusTable = ReturnType<typeof createStatusTable>;

/** A stale channel may be over: its PBX cannot be heard, or has not been heard of it since it could be heard again. */
export const isStale = ({ position }: Pick<ChannelSnapshot, 'position'>, pbx: PbxSnapshot | undefined): boolean =>
  pbx === undefined || !pbx.connected || (pbx.staleBefore !== undefined && position < pbx.staleBefore);
