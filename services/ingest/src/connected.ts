import type { AsteriskConnection } from '@rollcall/asterisk';
import type { ChannelList, ChannelObservation } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { createLooks } from './looks.ts';
import type { Reconciler } from './reconciler.ts';
import type { Waiting, WorkQueue } from './work-queue.ts';
import type { Writer } from './writer.ts';

export type ConnectedOptions = {
  connection: AsteriskConnection;
  queue: WorkQueue;
  writer: Writer;
  reconciler: Reconciler;
  world: World;
  signal: AbortSignal;
  reconcileEvery: number;
  grace: number;
  /** Everything that a list put in doubt has been settled. */
  live: () => void;
};

/** Works off one connection's queue and keeps the list true: lists from time to time, second looks where they are owed. */
export const createConnected = (options: ConnectedOptions) => {
  const { connection, queue, writer, reconciler, world, signal } = options;
  /** Channels that the last list put in doubt and that have not been looked at yet. */
  const doubtful = new Set<string>();
  let listAskedAt = 0;
  let listed = 0;
  /** The last list was complete: what an incomplete one lacks is in doubt still, and nobody knows what that is. */
  let whole = false;

  const looks = createLooks({
    look: (uniqueid) => connection.look(uniqueid),
    heard: () => writer.heard,
    answered: (uniqueid, found, askedAt) => queue.push([{ kind: 'looked', uniqueid, found, askedAt }]),
  });

  const askForList = async (): Promise<void> => {
    listAskedAt = writer.heard;
    await connection.list().catch(() => connection.close());
  };

  /** Only once a list has been taken is the next one due: however slow the log, it is clear what came after which. */
  const askAgainLater = (): void => {
    world.scheduler.after(options.reconcileEvery, () => {
      if (!signal.aborted) void askForList();
    });
  };

  const settledIfNoDoubt = async (): Promise<void> => {
    if (doubtful.size > 0 || !whole) return;
    await reconciler.settled(listed);
    options.live();
  };

  const takeList = async (list: ChannelList, time: number | undefined): Promise<void> => {
    askAgainLater();
    const doubts = await reconciler.list(list, { askedAt: listAskedAt }, time);
    listed = list.channels.length;
    doubtful.clear();
    for (const uniqueid of doubts) doubtful.add(uniqueid);
    whole = list.complete;
    if (doubts.length === 0) return settledIfNoDoubt();
    world.scheduler.after(options.grace, () => {
      for (const uniqueid of doubts) if (!signal.aborted) looks.ask(uniqueid);
    });
  };

  const take = async (item: Waiting): Promise<void> => {
    switch (item.kind) {
      case 'looked':
        if (!(await reconciler.looked(item.uniqueid, item.found, item))) return looks.ask(item.uniqueid);
        if (doubtful.delete(item.uniqueid)) await settledIfNoDoubt();
        return;
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
      if ('facts' in item) run.push(item);
      else {
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
    /** Until `signal` aborts; what waits then is still written. */
    run: async (): Promise<void> => {
      void askForList();
      while (!signal.aborted || queue.length > 0) await takeAll(await queue.takeAll());
    },
  };
};

const BATCH = 1000;
