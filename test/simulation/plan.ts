import { createDice, type Dice } from './dice.ts';
import type { Manners } from './life.ts';
import type { Settings } from './rollcall.ts';

export const FAULTS = [
  'cut',
  'cut-unnoticed',
  'refuse',
  'restart',
  'restart-same-second',
  'restart-same-ids',
  'crash',
  'stop',
  'log-full',
  'log-slow',
  'answers-lost',
  'foreign-writer',
  'repeated-delivery',
  'bad-lists',
  'lacking-lists',
  'lost-lists',
  'lost-looks',
  'slow-events',
  'slow-line',
  'burst',
  'clock-step',
] as const;

export type Fault = (typeof FAULTS)[number];

/** What a seed has in store. Times in virtual milliseconds. */
export type Plan = {
  source: 'ami' | 'ari';
  settings: Settings;
  manners: Manners;
  /** Channels that live at once, about. */
  crowd: number;
  /** Mean time between two deeds. */
  pace: number;
  /** What goes wrong, and the mean time between two of a kind. */
  faults: ReadonlyMap<Fault, number>;
  timestamps: boolean;
  troubled: number;
  calm: number;
};

export const planFor = (seed: number): Plan => {
  const dice = createDice(seed, 'plan');
  const reconcileEvery = dice.pick([5_000, 5_000, 15_000, 60_000]);
  return {
    source: dice.chance(0.75) ? 'ami' : 'ari',
    settings: {
      reconcileEvery,
      grace: 500,
      queueLimit: dice.pick([20, 200, 5000]),
      auditEvery: dice.pick([undefined, 2_000, 15_000]),
    },
    manners: manners(dice),
    crowd: 1 + dice.below(dice.pick([4, 12, 30])),
    pace: dice.pick([50, 200, 1000]),
    faults: new Map(FAULTS.filter(() => dice.chance(0.2)).map((fault) => [fault, dice.between(4_000, 60_000)])),
    timestamps: dice.chance(0.5),
    troubled: dice.pick([30_000, 90_000]),
    // A list that is never answered, the longest pauses before another try, and three lists.
    calm: 150_000 + 3 * reconcileEvery,
  };
};

const manners = (dice: Dice): Manners => {
  const some = (most: number): number => (dice.chance(0.4) ? dice.float() * most : 0);
  return {
    farewell: some(0.3),
    silentEnd: some(0.3),
    lateEnd: some(0.3),
    afterlife: some(0.5),
    silent: some(0.15),
    orphan: some(0.2),
    assigned: some(0.9),
    bridgeLag: dice.pick([20, 60, 1000]),
  };
};
