import type { StatusRecord } from './read-status.ts';
import type { ChannelSnapshot, Checkpoint, PbxSnapshot } from './snapshot.ts';

/** The PBXs and checkpoints, as the records taken so far say. */
export const createStatusTable = () => {
  const pbxs = new Map<string, { log: string; revision: number; pbx: PbxSnapshot }>();
  const checkpoints = new Map<string, { log: string; checkpoint: Checkpoint }>();

  return {
    /** The PBX that stands otherwise than before; undefined in `pbx` once it is forgotten. */
    take: (
      record: Extract<StatusRecord, { is: 'pbx' | 'checkpoint' }>,
    ): { name: string; pbx: PbxSnapshot | undefined } | undefined => {
      if (record.is === 'checkpoint') {
        checkpoints.set(record.key, { log: record.log, checkpoint: record.checkpoint });
        return undefined;
      }
      const { name, log, revision, pbx } = record;
      const known = pbxs.get(name);
      if (!pbx) return pbxs.delete(name) ? { name, pbx } : undefined;
      if (known?.log === log && known.revision > revision) return undefined;
      pbxs.set(name, { log, revision, pbx });
      return JSON.stringify(known?.pbx) === JSON.stringify(pbx) ? undefined : { name, pbx };
    },
    pbx: (name: string): PbxSnapshot | undefined => pbxs.get(name)?.pbx,
    *pbxs(): Generator<PbxSnapshot> {
      for (const { pbx } of pbxs.values()) yield pbx;
    },
    entries: (): Iterable<[string, { log: string; revision: number; pbx: PbxSnapshot }]> => pbxs,
    checkpoints: checkpoints as ReadonlyMap<string, { log: string; checkpoint: Checkpoint }>,
  };
};

export type StatusTable = ReturnType<typeof createStatusTable>;

/** A stale channel may be over: its PBX cannot be heard, or has not been heard of it since it could be heard again. */
export const isStale = ({ position }: Pick<ChannelSnapshot, 'position'>, pbx: PbxSnapshot | undefined): boolean =>
  pbx === undefined || !pbx.connected || (pbx.staleBefore !== undefined && position < pbx.staleBefore);
