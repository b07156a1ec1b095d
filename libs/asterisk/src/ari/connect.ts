import type { World } from '@rollcall/clock';
import { isRollcallError, type RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import type { AsteriskConnection, AsteriskSource } from '../source.ts';
import { examine } from './examine.ts';
import { type AriFeedCounters, createAriFeed } from './feed.ts';
import { type AriApplication, type Ask, ariApplication, ariInfo, ariList, ariLook } from './queries.ts';
import { createAriRest } from './rest.ts';
import { type EventSocket, openEventSocket } from './socket.ts';
import type { AriTarget } from './target.ts';

/** All in milliseconds. */
export type AriDeadlines = {
  /** For one answer: 10 s unless said otherwise. */
  request?: number;
  /** For the list of all channels: 60 s. */
  list?: number;
  /** Between pings: 15 s, and for the answer to one: 10 s. */
  pingEvery?: number;
  ping?: number;
};

export type AriConnectOptions = {
  target: AriTarget;
  app: string;
  variables: readonly string[];
  world: World;
  deadlines?: AriDeadlines | undefined;
};

export type AriConnection = AsteriskConnection & { counters: AriFeedCounters };

/**
 * One connection, from the first request to its end. When the startup time is asked for the socket is open already: a restart
 * in between ends it. `signal` ends the connection too, not only the connecting.
 */
export const connectAri = async (
  { target, app, variables, world, deadlines = {} }: AriConnectOptions,
  { observe, signal }: Parameters<AsteriskSource['connect']>[0],
): Promise<AriConnection> => {
  const { request = 10_000, list = 60_000, pingEvery = 15_000, ping = 10_000 } = deadlines;
  const { where } = target;
  const rest = createAriRest(target, world.scheduler);
  const ask: Ask = { target, rest, deadline: request };
  const wanted = new Set(variables);
  const { promise: closed, resolve: settle } = Promise.withResolvers<RollcallError>();
  let over = false;
  let socket: EventSocket | undefined;

  const end = (reason: RollcallError) => {
    if (over) return;
    over = true;
    signal.removeEventListener('abort', close);
    socket?.close();
    rest.end(reason);
    settle(reason);
  };
  const close = () => end(pbxError.lost(where, 'Rollcall closed it'));
  signal.addEventListener('abort', close);
  if (signal.aborted) close();

  const feed = createAriFeed({
    variables,
    observe,
    replaced: () => end(pbxError.ariApp(where, `another program took the ARI application "${app}"`)),
  });

  try {
    // Before the socket: opening it would take the application away from the program whose it is.
    const before = await ariApplication(ask, named(app, where));
    if (before?.allChannels === false) {
      await world.scheduler.sleep(TAKEN_DOWN_MS, signal);
      mustSeeAll(await ariApplication(ask, app), app, where);
    }
    socket = openEventSocket({
      target,
      app,
      scheduler: world.scheduler,
      deadline: request,
      ping: { every: pingEvery, deadline: ping },
      message: feed.message,
      ended: end,
    });
    await Promise.race([socket.opened, closed.then((reason) => Promise.reject(reason))]);
    const application = await ariApplication(ask, app);
    if (!application) throw pbxError.ariApp(where, `the ARI application "${app}" is not there`);
    mustSeeAll(application, app, where);
    const { version, startup } = await ariInfo(ask);

    return {
      version,
      startup,
      warnings: application.filtered
        ? [`The ARI application "${app}" has an event filter: events may be missing.`]
        : [],
      async list() {
        const answer = await ariList({ ...ask, deadline: list }, wanted);
        if (!over) observe([{ kind: 'list', source: 'ari', list: answer }]);
      },
      look: (uniqueid) => ariLook(ask, uniqueid, wanted),
      examine: () => examine(ask, app, world),
      close,
      closed,
      counters: feed.counters,
    };
  } catch (error) {
    end(isRollcallError(error) ? error : pbxError.lost(where, 'a fault in Rollcall'));
    throw error;
  }
};

/**
 * Asterisk 22 takes an application down in steps when its program has left: for a moment it stands there without subscriptions,
 * as another program's would. A Rollcall that is restarted quickly meets its own.
 */
const TAKEN_DOWN_MS = 1000;

/** Asterisk (16 to 23) ignores subscribeAll without a word when an application of that name is there already. */
const mustSeeAll = (application: AriApplication | undefined, app: string, where: string): void => {
  if (application?.allChannels === false) {
    throw pbxError.ariApp(
      where,
      `the ARI application "${app}" is another program's: it does not get the events of all channels`,
    );
  }
};

/** A comma would make two of one; the rest of Asterisk's configuration could not name it. */
const named = (app: string, where: string): string => {
  if (/^[\w.-]{1,64}$/.test(app)) return app;
  throw pbxError.ariApp(
    where,
    `"${app}" cannot be the name of an ARI application: letters, digits, ".", "_" and "-" can`,
  );
};
