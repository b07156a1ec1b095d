import {
  type Channel,
  channelStream,
  evolve,
  evolvePbx,
  isTerminal,
  type Pbx,
  parseStream,
  type RecordedEvent,
} from '@rollcall/channel';
import type { Evidence } from './evidence.ts';
import type { Fail } from './failure.ts';
import { PBX } from './rollcall.ts';

/** The fold of everything that was appended, kept beside the log. */
export type CheckedLog = {
  appended(events: readonly RecordedEvent[], by: 'rollcall' | 'foreign'): void;
  /** State at the log's end. */
  readonly pbx: Pbx | undefined;
  /** Of the present boot; unclear before a connection has told which one that is. */
  state(uniqueid: string): 'unclear' | 'unseen' | 'live' | 'over';
  live(): string[];
  /** Virtual times of the last event of another writer on the PBX's stream, and on that of a channel. */
  foreignAt(uniqueid?: string): number;
  bootedAt(): number;
};

type CheckLogOptions = {
  now: () => number;
  evidence: () => Evidence;
  /** It ended before the present connection began. */
  isGone: (uniqueid: string) => boolean;
  fail: Fail;
};

/** Judges every append at the moment at which it becomes durable. */
export const checkLog = ({ now, evidence, isGone, fail }: CheckLogOptions): CheckedLog => {
  const streams = new Map<string, { head: number; channel: Channel | undefined }>();
  const foreign = new Map<string, number>();
  let pbx: Pbx | undefined;
  let bootedAt = 0;
  let foreignPbxAt = 0;
  let lastBy: 'rollcall' | 'foreign' = 'rollcall';

  const live = (): string[] =>
    [...streams.values()].flatMap(({ channel }) => (channel?.boot === pbx?.boot ? (channel?.uniqueid ?? []) : []));

  const checkPbx = (event: RecordedEvent, by: 'rollcall' | 'foreign'): void => {
    const before = pbx;
    // Who loses the race against another writer says the same again.
    const afterForeign = lastBy === 'foreign';
    lastBy = by;
    pbx = evolvePbx(pbx, event);
    if (event.type === 'PbxBooted') bootedAt = now();
    if (by === 'foreign') {
      foreignPbxAt = now();
      return;
    }
    if (event.type === 'PbxConnected' && before?.startup !== event.data.startup) {
      fail('a new boot is known before anything is taken over from it', `${before?.startup} / ${event.data.startup}`);
    }
    if (event.type === 'PbxDisconnected' && event.data.reason !== 'Rollcall was not running' && !evidence().closing()) {
      for (const uniqueid of live()) checkHeard(uniqueid);
    }
    if (event.type === 'Reconciled' && !afterForeign) {
      for (const uniqueid of live()) {
        if (isGone(uniqueid) && !evidence().of(uniqueid).last) fail('a reconciliation settles everything', uniqueid);
      }
      const { created, changed, removed } = event.data;
      if (created + changed + removed === 0 && before?.staleBefore === undefined) {
        fail('an observation that changes nothing appends nothing', 'Reconciled without a difference');
      }
    }
  };

  const checkHeard = (uniqueid: string): void => {
    const { hangup, created, revived } = evidence().of(uniqueid);
    if (
      !hangup ||
      (revived && revived.answeredAt > hangup.publishedAt) ||
      (created && created.publishedAt > hangup.publishedAt)
    )
      return;
    if (foreign.has(uniqueid)) return;
    fail('what was heard before the line was lost is written', `the hangup of ${uniqueid}`);
  };

  const checkChannel = (event: RecordedEvent, by: 'rollcall' | 'foreign'): void => {
    const before = streams.get(event.stream);
    if (event.revision !== (before?.head ?? -1) + 1)
      fail('revisions have no gaps', `${event.stream} ${event.revision}`);
    const channel = evolve(before?.channel, event);
    streams.set(event.stream, { head: event.revision, channel });
    const uniqueid = parseStream(event.stream)?.uniqueid ?? '';
    if (by === 'foreign') {
      foreign.set(uniqueid, now());
      evidence().of(uniqueid).doubted = true;
      return;
    }
    const told = evidence().of(uniqueid);
    const where = `${event.stream} ${event.type}`;
    if (event.boot !== parseStream(event.stream)?.boot) fail('an event belongs to the boot of its channel', where);
    if (before && !before.channel && event.type !== 'ChannelCreated') fail('terminal is terminal', where);
    if (event.type === 'ChannelCreated') {
      if (event.boot !== pbx?.boot) fail('nothing is created in a boot that is over', where);
      if (before?.channel) fail('what is live is not created', where);
      else if (before) {
        if (!told.found) fail('terminal is terminal: nothing comes back unless the PBX was asked', where);
        told.revived = told.found;
        told.found = undefined;
      }
    } else if (isTerminal(event.type)) {
      if (!before?.channel) fail('nothing ends twice', where);
      checkEnd(event, uniqueid);
    } else if (before?.channel && channel && sameFacts(before.channel, channel)) {
      fail('an observation that changes nothing appends nothing', `${where} ${JSON.stringify(event.data)}`);
    }
  };

  const checkEnd = (event: RecordedEvent, uniqueid: string): void => {
    if (event.type !== 'ChannelDestroyed') return;
    const told = evidence().of(uniqueid);
    const { reason } = event.data;
    if (reason === 'pbx-restarted') {
      if (event.boot >= (pbx?.boot ?? 0)) fail('only an older boot ends by a restart', event.stream);
    } else if (reason === 'reconciled') {
      if (!told.notFound) {
        fail('nothing is removed without a reason for doubt and a second look that agrees', event.stream);
      }
      if (event.boot !== pbx?.boot) fail('a dead boot ends by the restart', event.stream);
      // What came after the answer raises its own doubts.
      if ((told.last?.deliveredAt ?? 0) <= (told.notFound?.deliveredAt ?? 0)) told.doubted = false;
      told.notFound = undefined;
    } else if (!told.hangup) fail('a hangup is what the PBX said', event.stream);
  };

  return {
    appended: (events, by) => {
      for (const event of events) {
        if (event.stream.startsWith('pbx/')) checkPbx(event, by);
        else checkChannel(event, by);
      }
    },
    get pbx() {
      return pbx;
    },
    state: (uniqueid) => {
      if (!pbx?.connected) return 'unclear';
      const stream = streams.get(channelStream(PBX, pbx?.boot ?? 0, uniqueid));
      return stream === undefined ? 'unseen' : stream.channel ? 'live' : 'over';
    },
    live,
    foreignAt: (uniqueid) => (uniqueid === undefined ? foreignPbxAt : (foreign.get(uniqueid) ?? -Infinity)),
    bootedAt: () => bootedAt,
  };
};

const sameFacts = (a: Channel, b: Channel): boolean =>
  JSON.stringify({ ...a, revision: 0, position: 0 }) === JSON.stringify({ ...b, revision: 0, position: 0 });
