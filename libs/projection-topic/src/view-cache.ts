import {
  type Channel,
  channelStream,
  type Pbx,
  parseStream,
  position,
  START,
  toChannel,
  toPbx,
} from '@rollcall/channel';
import type { CacheReader } from '@rollcall/state-cache';
import type { ChannelSnapshot, PbxSnapshot } from './snapshot.ts';
import type { ChannelView } from './view.ts';

const LATEST = position(Number.MAX_SAFE_INTEGER);

/** A view, for who reads lists: they come from Kafka then and not from the projector's own process. */
export const viewCache = (view: ChannelView): CacheReader => {
  const channels = new WeakMap<ChannelSnapshot, Channel>();
  const pbxs = new WeakMap<PbxSnapshot, Pbx>();

  const channelOf = (snapshot: ChannelSnapshot): Channel => {
    const channel = channels.get(snapshot) ?? toChannel(snapshot);
    channels.set(snapshot, channel);
    return channel;
  };
  // Positions of different partitions cannot be compared: what the PBX's list has not confirmed yet is all stale then.
  const isShared = (): boolean => view.checkpoint() === undefined && view.checkpoint(0) !== undefined;

  const pbxOf = (snapshot: PbxSnapshot): Pbx => {
    const pbx = pbxs.get(snapshot) ?? toPbx(snapshot);
    pbxs.set(snapshot, pbx);
    return pbx.staleBefore !== undefined && isShared() ? { ...pbx, staleBefore: LATEST } : pbx;
  };
  const streamOf = ({ pbx, boot, uniqueid }: ChannelSnapshot): string => channelStream(pbx, boot, uniqueid);

  return {
    get checkpoint() {
      return position(view.checkpoint() ?? START);
    },
    get size() {
      return view.size;
    },
    get: (stream) => {
      const { pbx, boot, uniqueid } = parseStream(stream) ?? {};
      const found = pbx !== undefined && uniqueid !== undefined ? view.get(pbx, uniqueid) : undefined;
      return found?.boot === boot && found ? channelOf(found) : undefined;
    },
    byUniqueid: (pbx, uniqueid) => {
      const found = view.get(pbx, uniqueid);
      return found && found.boot === view.pbx(pbx)?.boot ? channelOf(found) : undefined;
    },
    byName: (pbx, name) => view.byName(pbx, name).map(channelOf),
    *names() {
      for (const one of view.list()) yield { key: `${one.pbx}\n${one.name.toLowerCase()}`, stream: streamOf(one) };
    },
    *list() {
      for (const one of view.list()) yield channelOf(one);
    },
    *entries() {
      for (const one of view.list()) yield [streamOf(one), channelOf(one)];
    },
    pbx: (name) => {
      const found = view.pbx(name);
      return found && pbxOf(found);
    },
    *pbxs() {
      for (const one of view.pbxs()) yield pbxOf(one);
    },
    quarantined: () => undefined,
    quarantine: () => [],
  };
};
