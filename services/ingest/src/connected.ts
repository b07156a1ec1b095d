import type { Finding } from '@rollcall/asterisk';
import type { Channel, ChannelList, ChannelObservation } from '@rollcall/channel';
import type { Cancel } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import { type AuditingOptions, createAuditing } from './auditing.ts';
import type { Comparison } from './comparison.ts';
import { sessionError } from './errors.ts';
import { createHangupWatch } from './hangup-watch.ts';
import { createLooks } from './looks.ts';
import type { Reconciler } from './reconciler.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { Waiting } from './work-queue.ts';

export type ConnectedOptions = Omit<AuditingOptions, 'askForList' | 'find' | 'untilEnd'> & {
  /** The connection's end. */
  signal: AbortSignal;
  reconciler: Reconciler;
  reconcileEvery: number;
  /** What our list has, of all PBXs. */
  listed: () => Iterable<Channel>;
  /** Everything that a list put in doubt has been settled. */
  live: () => void;
};

/** Works off one connection's queue and keeps the list true: lists from time to time, second looks where they are owed. */
export const createConnected = (options: ConnectedOptions) => {
  const { pbx, source, connection, queue, writer, reconciler, world, signal } = options;
  /** Channels that the last lists put in doubt and that have not been looked at yet. */
  const doubtful = new Set<string>();
  /** Lists that were asked for and not yet taken, in order. */
  const asked: { askedAt: number; at: number; comparison: Comparison | undefined }[] = [];
  let lastAsked: Promise<void> = Promise.resolve();
  let listed = 0;
  /** The last list was complete: what an incomplete one lacks is in doubt still, and nobody knows what that is. */
  let whole = false;
  /** Lists in a row that were not. */
  let incomplete = 0;
  /** When the next list is asked for, unless one is under way. */
  let next: { at: number; cancel: Cancel } | undefined;

  const looks = createLooks({
    look: (uniqueid) => connection.look(uniqueid),
    heard: () => writer.heard,
    answered: (uniqueid, found, askedAt) => queue.push([{ kind: 'looked', uniqueid, found, askedAt }]),
    failed: (uniqueid) => {
      if (auditing.comparison) queue.push([{ kind: 'not-looked', uniqueid }]);
      if (next && doubtful.has(uniqueid)) askAgainIn(SOON_MS);
    },
  });

  /** One at a time, so that it is clear which list was asked for when. */
  const askForList = (comparison?: Comparison): void => {
    lastAsked = lastAsked.then(async () => {
      if (signal.aborted) return;
      asked.push({ askedAt: writer.heard, at: world.clock.monotonic(), comparison });
      await connection.list().catch(() => connection.close());
    });
  };

  const untilEnd = <T>(work: Promise<T>): Promise<T> =>
    unlessAborted(work, signal, () => {
      const why: unknown = signal.reason;
      return sessionError.notConnected(pbx, source.address, isRollcallError(why) ? why.message : 'Rollcall stops');
    });

  const auditing = createAuditing({ ...options, askForList, find: looks.find, untilEnd });
  const hangups = createHangupWatch(options);

  /** No later than it is due already. */
  const askAgainIn = (delay: number): void => {
    const at = world.clock.monotonic() + Math.min(delay, options.reconcileEvery);
    if (next && next.at <= at) return;
    next?.cancel();
    const cancel = world.scheduler.after(at - world.clock.monotonic(), () => {
      next = undefined;
      if (!signal.aborted) askForList();
    });
    next = { at, cancel };
  };

  const settledIfNoDoubt = async (): Promise<void> => {
    if (doubtful.size > 0 || !whole) return;
    await reconciler.settled(listed);
    options.live();
  };

  const takeList = async (list: ChannelList, time: number | undefined): Promise<void> => {
    const { comparison, ...since } = asked.shift() ?? { askedAt: writer.heard };
    if (comparison) await writer.refresh([...options.listed()]);
    // Only once a list has been taken is the next one due: however slow the log, it is clear what came after which.
    else askAgainIn(list.complete ? options.reconcileEvery : SOON_MS * 2 ** incomplete);
    incomplete = list.complete ? 0 : incomplete + 1;
    const compared = await reconciler.list(list, since, time);
    const { doubts } = compared;
    comparison?.compared(list, compared);
    listed = list.channels.length;
    // What an incomplete list lacks says nothing of an earlier doubt.
    if (list.complete) doubtful.clear();
    for (const uniqueid of doubts) doubtful.add(uniqueid);
    whole = list.complete;
    if (doubtful.size === 0) return settledIfNoDoubt();
    world.scheduler.after(options.grace, () => {
      if (signal.aborted) return;
      // A later list may have settled it.
      for (const uniqueid of doubts) {
        if (doubtful.has(uniqueid)) looks.ask(uniqueid);
        else comparison?.looked(uniqueid, 'as-known');
      }
    });
  };

  const take = async (item: Waiting): Promise<void> => {
    switch (item.kind) {
      case 'turn':
        return item.task();
      case 'not-looked':
        return auditing.comparison?.unanswered(item.uniqueid);
      case 'looked': {
        const outcome = await reconciler.looked(item.uniqueid, item.found, item);
        if (outcome === 'again') return looks.ask(item.uniqueid);
        if (outcome === 'removed') hangups.removed(item.uniqueid);
        auditing.comparison?.looked(item.uniqueid, outcome);
        if (doubtful.delete(item.uniqueid)) await settledIfNoDoubt();
        return;
      }
      case 'list':
        return takeList(item.list, item.time);
      case 'startup':
        return writer.bootSign({ sign: 'startup-time', startup: item.startup }, item.time);
    }
  };

  /** Reports of channels are written many at once; whatever else stands among them keeps its place. */
  const takeAll = async (items: readonly Waiting[]): Promise<void> => {
    let run: ChannelObservation[] = [];
    for (const item of items) {
      if ('facts' in item) {
        run.push(item);
        if (item.kind === 'created') auditing.comparison?.created(item.uniqueid);
        if (item.kind === 'destroyed') hangups.told(item.uniqueid);
      } else {
        await writer.observe(run);
        run = [];
        await take(item);
      }
      if (run.length >= BATCH) {
        await writer.observe(run);
        run = [];
      }
    }
    await writer.observe(run);
  };

  return {
    suspect: looks.ask,
    audit: auditing.audit,
    examine: async (): Promise<Finding[]> => [...(await untilEnd(connection.examine())), hangups.finding()],
    /** Reports that wait to be written. */
    queued: (): number => queue.length,
    /** Until `signal` aborts; what waits then is still written. */
    run: async (): Promise<void> => {
      askForList();
      while (!signal.aborted || queue.length > 0) await takeAll(await queue.takeAll());
    },
  };
};

export type Connected = ReturnType<typeof createConnected>;

const BATCH = 1000;
/**
 * Milliseconds to the next list where something is in doubt that nothing else will settle: a list was not whole, or no answer came. Twice
 * as long after each list that is not whole: it may be too long for this PBX.
 */
const SOON_MS = 5_000;
