import { systemWorld, type World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { checkConnection, type KafkaConnection } from '@rollcall/kafka';
import { type Copy, coveredPosition, pbxSeenFrom } from './copy.ts';
import { runFeed } from './feed.ts';
import { createListeners, type ViewEvents } from './listeners.ts';
import type { ChannelSnapshot, PbxSnapshot } from './snapshot.ts';
import { isStale } from './status-table.ts';
import { differences } from './table.ts';
import { createRecordTaker, type ViewCounters } from './take-records.ts';
import { TOPICS, type TopicNames } from './topic.ts';
import { loadViewImage, saveViewImage } from './view-image.ts';

export type ChannelViewOptions = KafkaConnection & {
  topics?: TopicNames;
  /** A file in which the view is kept for a fast restart, once a minute and when it is closed. Not used once it is older than a tombstone's lifetime. */
  image?: string;
  /** Told why nothing can be read just now, and with undefined when it can again. The view recovers by itself. */
  onProblem?: (problem: RollcallError | undefined) => void;
  /** Told what was passed over, and why a copy was read anew. */
  onWarning?: (warning: RollcallError) => void;
  world?: World;
};

export type ChannelView = {
  /** Resolves once everything that was on the topic at the start is known. Rejects when the view is closed before. */
  readonly ready: Promise<void>;
  readonly isReady: boolean;
  readonly size: number;
  get: (pbx: string, uniqueid: string) => ChannelSnapshot | undefined;
  /** All live channels of that name; case does not count, as in Asterisk. More than one is rare, and possible. */
  byName: (pbx: string, name: string) => ChannelSnapshot[];
  list: () => Iterable<ChannelSnapshot>;
  pbx: (name: string) => PbxSnapshot | undefined;
  pbxs: () => Iterable<PbxSnapshot>;
  /** A stale channel may be over: its PBX cannot be heard just now. */
  isStale: (channel: ChannelSnapshot) => boolean;
  /**
   * Everything up to this position of the event log is in this view; undefined before that is known. `partition`: where several
   * publishers keep a partition each.
   */
  checkpoint: (partition?: number) => number | undefined;
  /** Tells what happens from the moment on at which the view is ready. Returns what ends it. */
  on: <Event extends keyof ViewEvents>(event: Event, listener: ViewEvents[Event]) => () => void;
  /** Why nothing can be read just now; what was read before is still served. */
  problem: () => RollcallError | undefined;
  counters: () => ViewCounters & { reloads: number };
  close: () => Promise<void>;
};

const SAVE_EVERY_MS = 60_000;

/**
 * The live channels, as Rollcall publishes them, kept in memory. Serves once it has read everything that was there when it
 * began; drops what comes late or twice; needs no consumer group and commits no offsets.
 */
export const openChannelView = (options: ChannelViewOptions): ChannelView => {
  const { brokers, ssl, sasl, clientId, topics = TOPICS, onProblem, onWarning, world = systemWorld, image } = options;
  checkConnection(options);
  const closing = new AbortController();
  const counters = { records: 0, late: 0, foreign: 0, unknownSchema: 0, reloads: 0 };
  const warn = (warning: RollcallError): void => onWarning?.(warning);
  const listeners = createListeners(warn);
  let copy: Copy | undefined;
  let problem: RollcallError | undefined;
  let settle: { ready: () => void; failed: (error: RollcallError) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    settle = { ready: resolve, failed: reject };
  });
  ready.catch(() => {}); // Who opened the view need not wait for it.

  const show = (next: Copy): void => {
    const before = copy;
    copy = next;
    settle?.ready();
    if (!before) return;
    for (const change of differences(before.channels, next.channels)) listeners.tell(change);
    for (const { name } of before.status.pbxs()) if (!next.status.pbx(name)) listeners.tellPbx(name, undefined);
    for (const pbx of next.status.pbxs()) listeners.tellPbx(pbx.name, pbx);
  };

  const begin = async (): Promise<Copy | undefined> => {
    try {
      return image === undefined ? undefined : await loadViewImage(image, topics, world);
    } catch (error) {
      if (error instanceof RollcallError) warn(error);
      return undefined;
    }
  };

  const save = async (): Promise<void> => {
    try {
      if (image !== undefined && copy) await saveViewImage(image, copy, topics, world);
    } catch (error) {
      if (error instanceof RollcallError) warn(error);
    }
  };

  const saveNowAndThen = async (): Promise<void> => {
    while (image !== undefined && !closing.signal.aborted) {
      await world.scheduler.sleep(SAVE_EVERY_MS, closing.signal);
      await save();
    }
  };

  const feed = async (): Promise<void> =>
    runFeed({
      kafka: { brokers, ssl, sasl, ...(clientId && { clientId }) },
      topics,
      world,
      signal: closing.signal,
      begun: await begin(),
      takeRecords: createRecordTaker(topics, counters, warn),
      show,
      changed: ({ changes, pbxs }) => {
        for (const { name, pbx } of pbxs) listeners.tellPbx(name, pbx);
        for (const change of changes) listeners.tell(change);
      },
      givenUp: (why) => {
        counters.reloads++;
        warn(new RollcallError('VIEW_RELOADED', `The topic is read again from its beginning: ${why}.`, ''));
      },
      problem: (now) => {
        const before = problem;
        problem = now;
        if (before?.line !== now?.line) onProblem?.(now);
      },
    });

  const running = Promise.all([feed(), saveNowAndThen()]);

  return {
    ready,
    get isReady() {
      return copy !== undefined;
    },
    get size() {
      return copy?.channels.size ?? 0;
    },
    get: (pbx, uniqueid) => copy?.channels.get(pbx, uniqueid),
    byName: (pbx, name) => copy?.channels.byName(pbx, name) ?? [],
    list: () => copy?.channels.list() ?? [],
    pbx: (name) => copy?.status.pbx(name),
    pbxs: () => copy?.status.pbxs() ?? [],
    isStale: (channel) => isStale(channel, copy && pbxSeenFrom(copy, topics.channels, channel)),
    checkpoint: (partition) => copy && coveredPosition(copy, topics.channels, partition),
    on: listeners.on,
    problem: () => problem,
    counters: () => ({ ...counters }),
    close: async () => {
      closing.abort();
      await running;
      settle?.failed(new RollcallError('VIEW_CLOSED', 'The view was closed before it was ready.', ''));
    },
  };
};
