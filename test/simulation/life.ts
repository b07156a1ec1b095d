import type { Dice } from './dice.ts';
import type { PbxModel, RealChannel } from './pbx-model.ts';
import type { VirtualWorld } from './world.ts';

/** How a PBX misbehaves at the end of a channel; each a probability. */
export type Manners = {
  /** Newchannel instead of Hangup (Asterisk issue 783). */
  farewell: number;
  /** Hangup is never sent. */
  silentEnd: number;
  /** Hangup comes only when the last reference is let go, seconds later. */
  lateEnd: number;
  /** NewCallerid, NewConnectedLine or NewAccountCode after Hangup. */
  afterlife: number;
  /** Changes that no event tells. */
  silent: number;
  /** An entry that stays in Asterisk's cache when its channel is over or has another name. */
  orphan: number;
  /** Uniqueids that are assigned, and used again. */
  assigned: number;
  /** Longest time for which a list still shows a bridge after its BridgeLeave, in milliseconds. */
  bridgeLag: number;
};

export type Life = {
  /** Something happens. */
  step(): void;
  /** Calls that begin at once, and calls that end at once. */
  burst(): void;
};

type LifeOptions = { model: PbxModel; world: VirtualWorld; dice: Dice; manners: Manners; crowd: number };

/** The random life of the channels of a PBX. */
export const createLife = ({ model, world, dice, manners, crowd }: LifeOptions): Life => {
  const anyone = (): RealChannel | undefined => dice.oneOf([...model.channels.values()]);

  const name = (): string => {
    const base = dice.pick(['PJSIP/alice', 'pjsip/ALICE', 'PJSIP/bob', 'Local/100@default', 'SIP/Ünal']);
    return `${base}-${dice.chance(0.7) ? dice.uuid().slice(0, 8) : '0000000a'}`;
  };

  const create = (): void => {
    const assigned = dice.chance(manners.assigned) ? { assignedId: `call/${dice.below(4)}` } : {};
    const like = dice.chance(0.5) ? anyone() : undefined;
    const channel = model.create({ ...assigned, name: name(), like });
    if (!channel) return;
    if (dice.chance(0.5)) channel.facts.state = dice.pick([0, 3, 4]);
    model.say(channel, { kind: 'created' });
    if (dice.chance(0.5)) move(channel);
    // Gone before anybody has asked about it.
    if (dice.chance(0.25))
      world.after(dice.between(0, 60), () => model.channels.get(channel.uniqueid) === channel && hangUp(channel));
  };

  const move = (channel: RealChannel): void => {
    relocate(channel);
    // ARI's ChannelDialplan may follow a destroy and proves nothing.
    model.say(channel, { kind: 'changed', proves: model.source === 'ami', application: true });
  };

  const relocate = (channel: RealChannel): void => {
    channel.facts.exten = String(100 + dice.below(20));
    channel.facts.priority = 1 + dice.below(9);
    channel.application = dice.pick(['Dial', 'Queue', 'Echo', 'AppDial']);
    channel.applicationData = `x!${dice.below(5)}`;
  };

  /** Often the one that it has left. */
  const someBridge = ({ lastBridge }: RealChannel): string =>
    lastBridge !== '' && dice.chance(0.5) ? lastBridge : `b${dice.below(4)}`;

  const enter = (channel: RealChannel, bridge: string): void => {
    channel.bridge = bridge;
    channel.listedBridge = bridge;
    model.say(channel, { kind: 'bridge-entered', bridge, proves: true });
  };

  const leave = (channel: RealChannel, bridge: string): void => {
    model.say(channel, { kind: 'bridge-left', bridge });
    if (channel.bridge !== bridge) return;
    channel.bridge = '';
    channel.lastBridge = bridge;
    const forget = (): void => {
      if (channel.listedBridge === bridge && channel.bridge === '') channel.listedBridge = '';
    };
    if (dice.chance(0.5)) forget();
    else world.after(dice.between(0, manners.bridgeLag), forget);
  };

  const silently = (channel: RealChannel): void => {
    dice.pick([
      () => {
        if (dice.chance(manners.orphan)) model.keep(channel);
        channel.facts.name = `${name()}-moved`;
      },
      () => relocate(channel),
      () => {
        channel.bridge = someBridge(channel);
        channel.listedBridge = channel.bridge;
      },
      () => {
        channel.bridge = '';
        channel.listedBridge = '';
      },
      () => {
        channel.facts.linkedid = anyone()?.uniqueid ?? channel.uniqueid;
      },
    ])();
    channel.silent = true;
  };

  const ending = new WeakSet<RealChannel>();

  const hangUp = (channel: RealChannel): void => {
    if (ending.has(channel)) return;
    ending.add(channel);
    if (dice.chance(0.4)) model.say(channel, { kind: 'hangup-requested', cause: 16 });
    if (channel.bridge !== '' && dice.chance(0.9)) leave(channel, channel.bridge);
    const { number } = model.boot ?? { number: 0 };
    const farewell = dice.chance(manners.farewell);
    const silent = dice.chance(manners.silentEnd);
    // ARI lists from the cache, and there a channel is until its last word.
    const unlinksFirst = model.source === 'ami';
    if (unlinksFirst) model.end(channel);
    const entry = model.keep(channel);
    const lastWord = (): void => {
      if (model.boot?.number !== number) return;
      if (!dice.chance(manners.orphan)) model.forget(entry);
      // The state of issue 783 leaves an entry in the cache.
      if (!unlinksFirst && !(farewell && dice.chance(0.3))) model.end(channel);
      if (farewell) model.say(channel, { kind: 'created' });
      else if (!silent) model.say(channel, { kind: 'destroyed', cause: 16, causeText: 'Normal Clearing' });
      while (dice.chance(manners.afterlife)) {
        change(channel);
        model.say(channel, { kind: 'changed' });
      }
    };
    if (dice.chance(manners.lateEnd)) world.after(dice.between(200, 20_000), lastWord);
    else if (dice.chance(0.5)) world.after(dice.between(0, 100), lastWord);
    else lastWord();
  };

  const change = (channel: RealChannel): void => {
    const text = String(dice.below(50));
    dice.pick([
      () => {
        channel.facts.callerNumber = text;
      },
      () => {
        channel.facts.connectedName = dice.chance(0.2) ? null : `Zoë ${text}`;
      },
      () => {
        channel.facts.accountCode = text;
      },
    ])();
  };

  const deeds: [weight: number, deed: (channel: RealChannel) => void][] = [
    [12, hangUp],
    [12, move],
    [
      12,
      (channel) => {
        channel.facts.state = dice.pick([4, 5, 6]);
        model.say(channel, { kind: 'changed', proves: true });
      },
    ],
    [
      10,
      (channel) => {
        change(channel);
        model.say(channel, { kind: 'changed' });
      },
    ],
    [10, (channel) => enter(channel, someBridge(channel))],
    [
      8,
      (channel) => {
        if (channel.bridge !== '') leave(channel, channel.bridge);
      },
    ],
    [
      3,
      (channel) => {
        const before = channel.bridge;
        enter(channel, someBridge(channel));
        if (before !== '' && before !== channel.bridge) model.say(channel, { kind: 'bridge-left', bridge: before });
      },
    ],
    [2, (channel) => model.say(channel, { kind: 'held' })],
    [2, (channel) => model.say(channel, { kind: 'unheld' })],
    [1, (channel) => model.say(channel, { kind: 'variable', variable: 'X', value: String(dice.below(3)) })],
  ];
  const weights = deeds.reduce((sum, [weight]) => sum + weight, 0);

  const deed = (): ((channel: RealChannel) => void) => {
    if (dice.chance(manners.silent)) return silently;
    let roll = dice.float() * weights;
    for (const [weight, one] of deeds) {
      roll -= weight;
      if (roll < 0) return one;
    }
    return move;
  };

  const step = (): void => {
    if (model.boot === undefined) return;
    const channel = model.channels.size < crowd && dice.chance(0.3) ? undefined : anyone();
    if (channel) deed()(channel);
    else create();
  };

  return {
    step,
    burst: () => {
      if (model.boot === undefined) return;
      if (dice.chance(0.5)) for (let n = dice.below(30); n > 0; n--) create();
      else for (const channel of [...model.channels.values()]) if (dice.chance(0.7)) hangUp(channel);
    },
  };
};
