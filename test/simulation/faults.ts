import type { Dice } from './dice.ts';
import type { PbxModel } from './pbx-model.ts';
import type { Fault, Plan } from './plan.ts';
import { fairWeather, type SimulatedLog } from './simulated-log.ts';
import { fairLine, type SimulatedPbx } from './simulated-pbx.ts';
import type { VirtualWorld } from './world.ts';

export type FaultsOptions = {
  plan: Plan;
  world: VirtualWorld;
  dice: Dice;
  log: SimulatedLog;
  pbx: SimulatedPbx;
  model: PbxModel;
  burst: () => void;
  crash: () => void;
  stop: () => void;
  say: (line: () => string) => void;
};

/** Lets the plan's faults happen, each kind at its own pace; returns what ends them all. */
export const startFaults = (options: FaultsOptions): (() => void) => {
  const { plan, world, dice, log, pbx, model, say } = options;
  let over = false;

  const restart = (how: { sameSecond: boolean; sameIds: boolean }): void => {
    if (model.boot === undefined) return;
    model.kill();
    pbx.died();
    world.after(dice.between(0, 8000), () => {
      if (model.boot) return;
      model.start(how);
      say(() => `PBX started: ${model.boot?.startup}`);
    });
  };

  /** For a while, `weather` is as `bad` says. */
  const spell = <W extends object>(weather: W, bad: Partial<W>, good: W, longest: number): void => {
    Object.assign(weather, bad);
    const back = Object.fromEntries(Object.entries(good).filter(([what]) => what in bad));
    world.after(dice.between(100, longest), () => Object.assign(weather, back));
  };
  const logSpell = (bad: Partial<SimulatedLog['weather']>): void => spell(log.weather, bad, fairWeather(), 10_000);
  const lineSpell = (bad: Partial<SimulatedPbx['weather']>): void => spell(pbx.weather, bad, fairLine(), 15_000);

  const strike: Record<Fault, () => void> = {
    cut: () => pbx.cut({ unnoticed: false }),
    'cut-unnoticed': () => pbx.cut({ unnoticed: true }),
    refuse: () => {
      lineSpell({ refusing: true });
      pbx.cut({ unnoticed: false });
    },
    restart: () => restart({ sameSecond: false, sameIds: false }),
    'restart-same-second': () => restart({ sameSecond: true, sameIds: true }),
    'restart-same-ids': () => restart({ sameSecond: false, sameIds: true }),
    crash: options.crash,
    stop: options.stop,
    'log-full': () => logSpell({ full: true }),
    'log-slow': () => logSpell({ slow: dice.pick([20, 200, 3000]) }),
    'answers-lost': () => logSpell({ lostAnswer: 0.3 }),
    'foreign-writer': () => logSpell({ foreign: dice.pick([0.1, 0.5]) }),
    'repeated-delivery': () => logSpell({ repeated: 0.5 }),
    'bad-lists': () => lineSpell({ incompleteList: 0.6 }),
    'lacking-lists': () => lineSpell({ lackingList: 0.6 }),
    'lost-lists': () => lineSpell({ lostList: 0.3 }),
    'lost-looks': () => lineSpell({ lostLook: 0.3 }),
    'slow-events': () => lineSpell({ eventDelay: dice.pick([300, 3000]) }),
    'slow-line': () => lineSpell({ latency: 200 }),
    burst: options.burst,
    'clock-step': () => world.stepClock(dice.between(-100_000, 100_000)),
  };

  const next = (fault: Fault, mean: number): void => {
    world.after(dice.float() * 2 * mean, () => {
      if (over) return;
      say(() => `FAULT ${fault}`);
      strike[fault]();
      next(fault, mean);
    });
  };
  for (const [fault, mean] of plan.faults) next(fault, mean);

  return () => {
    over = true;
    Object.assign(log.weather, fairWeather());
    Object.assign(pbx.weather, fairLine());
  };
};
