import { type Channel, channelIsStale } from '@rollcall/channel';
import type { StateCache } from '@rollcall/state-cache';
import type { CheckedLog } from './check-log.ts';
import { difference } from './difference.ts';
import type { Evidence } from './evidence.ts';
import type { Fail } from './failure.ts';
import type { PbxModel } from './pbx-model.ts';
import { PBX, type RollcallProcess, type Settings } from './rollcall.ts';

/** What an event that was delivered may take to be in the list, on a log that is not stalled. */
const PROMPT = 1500;
const SLACK = 3000;

type CheckListOptions = {
  now: () => number;
  evidence: Evidence;
  log: CheckedLog;
  owedSince: () => number | undefined;
  /** The log takes its time: what waits for it grows. */
  isSlow: () => boolean;
  model: PbxModel;
  process: () => RollcallProcess | undefined;
  startedAt: () => number;
  settings: Settings;
  fail: Fail;
};

/** Compares the list with the PBX as it really is. What Rollcall cannot know yet is given time, and never more than that. */
export const checkList = (options: CheckListOptions) => {
  const { now, evidence, log, owedSince, model, settings, fail } = options;
  /** Longest time until a difference that no event tells is settled by a list and a second look. */
  const settling = settings.reconcileEvery + settings.grace + SLACK;
  let stalledAt = 0;

  const liveOf = (cache: StateCache): Channel[] =>
    [...cache.list()].filter((channel) => !channelIsStale(channel, cache.pbx(PBX)));

  const late = (since: number, allowed: number): boolean => now() - since > allowed;

  /** Last moment before which nothing can be asked of Rollcall as for `uniqueid`. */
  const base = (up: number, uniqueid: string): number =>
    Math.max(up, stalledAt, options.startedAt(), log.foreignAt(), log.foreignAt(uniqueid));

  const checkGhost = (channel: Channel, up: number, cache: StateCache): void => {
    const { uniqueid } = channel;
    const told = evidence.of(uniqueid);
    const ended = model.ended(uniqueid) ?? 0;
    const where = `${uniqueid} ended at ${ended.toFixed(0)}`;
    const since = base(up, uniqueid);
    const hangup = told.hangup;
    if (hangup && hangup.publishedAt >= ended && late(Math.max(since, hangup.deliveredAt), PROMPT))
      fail('terminal is terminal: no ghost after its hangup', where);
    const trouble = Math.max(evidence.listTroubleAt(), evidence.lookTroubleAt(), told.last?.deliveredAt ?? 0);
    if (late(Math.max(since, ended, trouble), settling)) fail('a ghost is found by reconciling', where);
    const isUntold = told.last === undefined && log.foreignAt(uniqueid) < up;
    if (ended < up && isUntold && cache.pbx(PBX)?.connected) {
      fail('what ended while the line was down is never counted as live', where);
    }
  };

  const checkLive = (uniqueid: string, listed: Channel | undefined, up: number): void => {
    const channel = model.channels.get(uniqueid);
    if (!channel) return;
    const told = evidence.of(uniqueid);
    const since = base(up, uniqueid);
    const trouble = Math.max(evidence.listTroubleAt(), evidence.lookTroubleAt(), told.hangup?.deliveredAt ?? 0);
    if (!listed) {
      const { created } = told;
      // Another writer that ends a channel wrongly is found out by the next list.
      const isTold =
        created && created.publishedAt >= channel.born && !told.hangup && log.foreignAt(uniqueid) < channel.born;
      if (isTold && late(Math.max(since, created.deliveredAt, evidence.lookTroubleAt()), PROMPT + settings.grace)) {
        fail('a channel is listed when its Newchannel has come', uniqueid);
      }
      if (late(Math.max(since, channel.born, trouble), settling)) fail('no channel is missing for long', uniqueid);
      return;
    }
    const { last } = told;
    if (channel.silent || !last || last.publishedAt !== channel.loud) return;
    if (!late(Math.max(since, last.deliveredAt, channel.born, evidence.lookTroubleAt()), PROMPT)) return;
    // All of its life was told over this connection; what ARI has lost of bridges nothing brings back.
    const isWhole =
      model.source === 'ami' && told.created !== undefined && told.created.publishedAt >= channel.born && !told.revived;
    const differs = difference(channel, listed, model.source, isWhole ? 'told' : 'said');
    if (differs) fail('the list says what the last event said', `${uniqueid}: ${differs}`);
  };

  const checkLists = (up: number): void => {
    if (evidence.looksAsked() > 8) fail('a PBX is not pressed with looks', `${evidence.looksAsked()} at once`);
    if (evidence.listsAsked() > 1) fail('a PBX is not pressed with lists', `${evidence.listsAsked()} at once`);
    const listedAt = evidence.listedAt();
    if (listedAt !== undefined && evidence.listsAsked() === 0 && !evidence.closing()) {
      if (late(Math.max(listedAt, stalledAt, up), settings.reconcileEvery + SLACK))
        fail('lists come from time to time', 'none');
    }
  };

  const checkQueue = (): void => {
    if (evidence.closing()) return;
    const waiting = evidence.delivered() - ((options.process()?.counters.observations ?? 0) - observedBefore);
    if (waiting > 2 * (settings.queueLimit + evidence.largestChunk())) fail('the queue is bounded', `${waiting} wait`);
  };
  let observedBefore = 0;

  return {
    /** A connection begins: whatever the one before left has been worked off. */
    hearing: (): void => {
      observedBefore = options.process()?.counters.observations ?? 0;
    },
    /** At every commit, and from time to time. */
    check: (): void => {
      const owed = owedSince();
      if (options.isSlow() || (owed !== undefined && now() - owed > 100)) stalledAt = now();
      const cache = options.process()?.cache;
      const up = evidence.upSince();
      if (!cache || up === undefined) return;
      checkLists(up);
      checkQueue();
      if (evidence.closing()) return;
      const listed = new Map<string, Channel>();
      for (const channel of liveOf(cache)) {
        const { uniqueid, boot } = channel;
        if (boot !== log.pbx?.boot) {
          if (late(Math.max(base(up, uniqueid), log.bootedAt()), PROMPT)) fail('a dead PBX leaves nothing', uniqueid);
        } else listed.set(uniqueid, channel);
        if (!model.channels.has(uniqueid)) checkGhost(channel, up, cache);
      }
      for (const uniqueid of model.channels.keys()) checkLive(uniqueid, listed.get(uniqueid), up);
    },
    /** All is quiet: the list is the PBX's, exactly. */
    final: (): void => {
      const { cache, status } = options.process() ?? {};
      if (status?.state !== 'live') fail('after the faults it is live again', `${status?.state} ${status?.reason}`);
      if (!cache) return;
      const listed = new Map(liveOf(cache).map((channel) => [channel.uniqueid, channel]));
      if (listed.size !== cache.size) fail('the list is the PBX’s', `${cache.size} listed, ${listed.size} live`);
      for (const uniqueid of listed.keys())
        if (!model.channels.has(uniqueid)) fail('the list is the PBX’s', `ghost ${uniqueid}`);
      for (const channel of model.channels.values()) {
        const ours = listed.get(channel.uniqueid);
        const differs = ours ? difference(channel, ours, model.source, 'listed') : 'missing';
        if (differs) fail('the list is the PBX’s', `${channel.uniqueid}: ${differs}`);
      }
    },
  };
};
