import type { AsteriskConnection, AsteriskSource } from '@rollcall/asterisk';
import type { ChannelList, ChannelObservation, ListedChannel, Observation } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Dice } from './dice.ts';
import type { PbxModel } from './pbx-model.ts';
import { createWire, type Wire } from './wire.ts';
import type { VirtualWorld } from './world.ts';

/** How the way to the PBX behaves just now; probabilities, and times in milliseconds. */
export type LineWeather = {
  refusing: boolean;
  /** Longest time from a change in the PBX to its event on the wire (Asterisk's own queues). */
  eventDelay: number;
  /** Longest time on the wire, one way. */
  latency: number;
  /** A list whose count does not match what came. */
  incompleteList: number;
  /** A whole list that lacks a channel: it was being masqueraded while the list was walked. */
  lackingList: number;
  /** A list that is never answered. */
  lostList: number;
  lostLook: number;
};

export const fairLine = (): LineWeather => ({
  refusing: false,
  eventDelay: 20,
  latency: 10,
  incompleteList: 0,
  lackingList: 0,
  lostList: 0,
  lostLook: 0,
});

/** What the checkers see of the traffic, as it reaches Rollcall. Times are virtual. */
export type Watcher = {
  /** Events are heard from now on. */
  hearing(): void;
  /** The line is dead from now on, whether Rollcall knows or not. */
  lost(): void;
  /** Rollcall ends the connection. */
  closing(): void;
  event(observation: ChannelObservation, publishedAt: number): void;
  listAsked(): void;
  /** `good`: whole, and nothing is lacking. */
  list(list: ChannelList, good: boolean): void;
  /** Asterisk's cache was asked for (an audit), and has answered from what it was. */
  cached(): void;
  listFailed(): void;
  lookAsked(uniqueid: string): void;
  look(uniqueid: string, found: ListedChannel | undefined, answeredAt: number): void;
  lookFailed(uniqueid: string): void;
};

export type SimulatedPbx = {
  weather: LineWeather;
  /** The PBX as one process of Rollcall reaches it; the connection of a killed process is gone. */
  source(isAlive: () => boolean): AsteriskSource;
  /** Returns the time of it, which no other has. */
  publish(observation: ChannelObservation): number;
  /** `unnoticed`: no FIN reaches Rollcall, it hears of it from its keep-alive, many seconds later. */
  cut(how: { unnoticed: boolean }): void;
  /** The process died: with the line goes what it had not sent. */
  died(): void;
  isUp(): boolean;
};

const LIST_TIMEOUT = 60_000;
const KEEP_ALIVE = 25_000;

type Connecting = Parameters<AsteriskSource['connect']>[0];

type Line = {
  wire: Wire;
  open: boolean;
  hearsEvents: boolean;
  pending: Set<(error: RollcallError) => void>;
  /** The line is dead: at once, or known to Rollcall only `after` that many milliseconds. */
  drop(why: string, after: number): void;
};

export type SimulatedPbxOptions = { model: () => PbxModel; world: VirtualWorld; dice: Dice; watcher: Watcher };

/** A model of an Asterisk behind the port: events late and in order, answers from the truth of the moment. */
export const createSimulatedPbx = ({ model, world, dice, watcher }: SimulatedPbxOptions): SimulatedPbx => {
  const weather = fairLine();
  let line: Line | undefined;
  let lastEventAt = 0;
  let lastPublishedAt = 0;
  let life = {};

  const publish = (observation: ChannelObservation): number => {
    const publishedAt = Math.max(world.now(), lastPublishedAt + 1e-6);
    lastPublishedAt = publishedAt;
    const published = life;
    lastEventAt = Math.max(lastEventAt, publishedAt + dice.float() * weather.eventDelay);
    world.at(lastEventAt, () => {
      if (published !== life || !line?.hearsEvents) return;
      const { wire } = line;
      wire.send(() => watcher.event(observation, publishedAt), observation);
    });
    return publishedAt;
  };

  const answerList = (): { list: ChannelList; good: boolean } => {
    const channels = [...model().channels.values()].map(model().listed);
    const list: ChannelList = { authority: model().source === 'ami' ? 'real' : 'cache', channels, complete: true };
    if (dice.chance(weather.incompleteList)) {
      channels.splice(dice.below(channels.length + 1), 1 + dice.below(3));
      list.complete = false;
    } else if (dice.chance(weather.lackingList)) channels.splice(dice.below(channels.length), 1);
    else return { list, good: true };
    return { list, good: false };
  };

  const connect = async (isAlive: () => boolean, { observe, signal }: Connecting): Promise<AsteriskConnection> => {
    const step = (): Promise<void> =>
      new Promise((resolve) => void world.after(dice.float() * 4 * weather.latency, () => isAlive() && resolve()));
    const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<RollcallError>();
    const wire = createWire({ world, dice, latency: () => weather.latency, observe });
    const mine: Line = {
      wire,
      open: true,
      hearsEvents: false,
      pending: new Set(),
      drop: (why, after) => {
        if (!mine.open) return;
        mine.open = false;
        mine.hearsEvents = false;
        wire.cut();
        watcher.lost();
        if (line === mine) line = undefined;
        world.after(after, () => {
          const error = lost(why);
          for (const reject of mine.pending) reject(error);
          mine.pending.clear();
          resolveClosed(error);
        });
      },
    };
    /** One question and its answer; the PBX answers from what is true at that moment. */
    const ask = <T>(timeout: number, isLost: boolean, answer: (resolve: (value: T) => void) => void): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!mine.open) return reject(lost('it is closed'));
        const done = (): void => {
          cancel();
          mine.pending.delete(fail);
        };
        const fail = (error: RollcallError): void => {
          done();
          reject(error);
        };
        const cancel = world.after(timeout, () => fail(new RollcallError('PBX_NO_ANSWER', 'No answer in time.', '')));
        mine.pending.add(fail);
        if (isLost) return;
        world.after(dice.float() * weather.latency, () => {
          if (!mine.open) return;
          answer((value) => {
            done();
            resolve(value);
          });
        });
      });
    const reply = (delivered: () => void, observation?: Observation): void =>
      model().source === 'ami' ? wire.send(delivered, observation) : wire.sendBeside(delivered, observation);

    const cached = (): Promise<ChannelList> =>
      ask<ChannelList>(LIST_TIMEOUT, dice.chance(weather.lostList), (resolve) => {
        const { channels, kept, listed } = model();
        const all = [...[...channels.values()].map(listed), ...[...kept].map((entry) => entry.listed)];
        watcher.cached();
        reply(() => resolve({ authority: 'cache', channels: all, complete: true }));
      });

    await step();
    if (weather.refusing || model().boot === undefined) throw refused();
    line?.drop('another login', 0);
    line = mine;
    const onAbort = (): void => mine.drop('Rollcall gave it up', 0);
    signal.addEventListener('abort', onAbort, { once: true });
    await step();
    if (!mine.open) throw lost('while logging in');
    const startup = model().boot?.startup ?? '';
    if (model().source === 'ami') observe([{ kind: 'connection', source: 'ami', version: '11.0.0' }]);
    observe([{ kind: 'startup', startup }]);
    mine.hearsEvents = true;
    watcher.hearing();
    await step();
    if (!mine.open) throw lost('while logging in');
    const connection: AsteriskConnection = {
      version: '22.10.1',
      startup,
      warnings: [],
      list: () => {
        watcher.listAsked();
        const asked = ask<void>(LIST_TIMEOUT, dice.chance(weather.lostList), (resolve) => {
          const { list, good } = answerList();
          const delivered = (): void => {
            watcher.list(list, good);
            resolve();
          };
          reply(delivered, { kind: 'list', list, source: model().source });
        });
        asked.catch(() => watcher.listFailed());
        return asked;
      },
      ...(model().source === 'ami' && { cached }),
      look: (uniqueid) => {
        watcher.lookAsked(uniqueid);
        const asked = ask<ListedChannel | undefined>(LIST_TIMEOUT, dice.chance(weather.lostLook), (resolve) => {
          const channel = model().channels.get(uniqueid);
          const found = channel && model().listed(channel);
          const answeredAt = world.now();
          reply(() => {
            watcher.look(uniqueid, found, answeredAt);
            resolve(found);
          });
        });
        asked.catch(() => watcher.lookFailed(uniqueid));
        return asked;
      },
      examine: async () => [],
      // A logoff is answered; what is on the wire until then still comes.
      close: () => {
        if (!mine.open) return;
        watcher.closing();
        world.after(dice.between(0, 1000), () => mine.drop('Rollcall closed it', 0));
      },
      closed,
    };
    return connection;
  };

  return {
    weather,
    source: (isAlive) => ({
      source: model().source,
      address: 'simulated',
      connect: (options) => {
        const observe = (batch: Observation[]): void => {
          if (isAlive()) options.observe(batch);
        };
        return connect(isAlive, { ...options, observe });
      },
    }),
    publish,
    cut: ({ unnoticed }) => line?.drop('cut', unnoticed ? dice.between(0, KEEP_ALIVE) : 0),
    died: () => {
      life = {};
      line?.drop('the PBX died', dice.float() * weather.latency);
    },
    isUp: () => line?.hearsEvents ?? false,
  };
};

const lost = (why: string) => new RollcallError('PBX_CONNECTION_LOST', `The connection ended: ${why}.`, 'Wait.');
const refused = () => new RollcallError('PBX_UNREACHABLE', 'Connection refused.', 'Wait.');
