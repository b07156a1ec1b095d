import type { Changes } from '@rollcall/state-cache';
import { checkAudit } from './check-audit.ts';
import { checkCache } from './check-cache.ts';
import { checkList } from './check-list.ts';
import { checkLog } from './check-log.ts';
import { createDice } from './dice.ts';
import { createEvidence } from './evidence.ts';
import type { Failure } from './failure.ts';
import { startFaults } from './faults.ts';
import { createLife } from './life.ts';
import { createPbxModel } from './pbx-model.ts';
import { planFor } from './plan.ts';
import { type RollcallProcess, startRollcall } from './rollcall.ts';
import { createSimulatedLog } from './simulated-log.ts';
import { createSimulatedPbx } from './simulated-pbx.ts';
import { createVirtualWorld } from './world.ts';

export type Outcome = { seed: number; failure: Failure | undefined; events: number; connections: number };

/** A log that cannot be written is not waited for; what is slow is. */
const LONGEST_STOP = 120_000;

/** Lives one seed to its end, or to the first promise that is broken. `trace` hears what happens, a line at a time. */
export const simulate = async (seed: number, trace?: (line: string) => void): Promise<Outcome> => {
  const plan = planFor(seed);
  const world = createVirtualWorld();
  const dice = (stream: string) => createDice(seed, stream);
  const say = (line: () => string): void => trace?.(`${world.now().toFixed(0).padStart(8)}  ${line()}`);
  let failure: Failure | undefined;
  const fail = (promise: string, what: string): void => {
    failure ??= { at: world.now(), promise, what };
  };

  let process: RollcallProcess | undefined;
  let processes = 0;
  let startedAt = 0;
  let isDead = false;
  let connections = 0;
  let crashAfter: 'PbxBooted' | 'any' | undefined;
  let image: Changes | undefined;
  let isLoaded = false;
  const chance = dice('process');
  const judgedLog = checkLog({
    now: world.now,
    evidence: () => evidence,
    isGone: (uniqueid) => !model.channels.has(uniqueid) && (model.ended(uniqueid) ?? 0) < (evidence.upSince() ?? 0),
    fail,
  });
  const evidence = createEvidence({ now: world.now, say, state: judgedLog.state, live: judgedLog.live });
  const log = createSimulatedLog({
    world,
    dice: dice('log'),
    appended: (events, by) => {
      for (const { stream, revision, type, data } of events) {
        say(
          () => `  ${by === 'foreign' ? 'FOREIGN ' : ''}append ${stream}#${revision} ${type} ${JSON.stringify(data)}`,
        );
      }
      judgedLog.appended(events, by);
      if (
        by === 'rollcall' &&
        events.some(({ type }) => type === crashAfter || (crashAfter === 'any' && chance.chance(0.2)))
      ) {
        crash();
      }
    },
  });
  const judgedCache = checkCache(log.events, fail);

  const model = createPbxModel({
    source: plan.source,
    world,
    publish: (observation) => pbx.publish(observation),
    clock: () => 1_760_000_000_000 + world.now(),
    timestamps: plan.timestamps,
  });
  const watcher = {
    ...evidence.watcher,
    hearing: () => {
      connections++;
      evidence.watcher.hearing();
      judgedList.hearing();
    },
  };
  const judgedAudit = checkAudit({
    now: world.now,
    model: () => model,
    evidence: () => evidence,
    isListed: (uniqueid) => judgedLog.state(uniqueid) === 'live',
    fail,
  });
  const pbx = createSimulatedPbx({
    model: () => model,
    world,
    dice: dice('line'),
    watcher: judgedAudit.watch(watcher),
  });

  const judgedList = checkList({
    now: world.now,
    evidence,
    log: judgedLog,
    owedSince: log.owedSince,
    isSlow: () => log.weather.slow > 0,
    model,
    process: () => process,
    startedAt: () => startedAt,
    settings: plan.settings,
    fail,
  });

  const begin = (): void => {
    processes++;
    isDead = false;
    startedAt = world.now();
    isLoaded = false;
    const used = chance.chance(0.5) ? image : undefined;
    say(() => `Rollcall starts${used ? ` from an image of position ${used.checkpoint}` : ''}`);
    process = startRollcall({
      world,
      dice: dice(`rollcall ${processes}`),
      log,
      source: pbx.source,
      settings: plan.settings,
      image: used,
      committed: (cache) => {
        if (isLoaded) judgedCache.committed(cache);
        else judgedCache.loaded(cache);
        isLoaded = true;
        judgedList.check();
        if (chance.chance(0.01)) {
          image = {
            puts: new Map(cache.entries()),
            removals: [],
            pbxs: [...cache.pbxs()],
            quarantine: new Map([...cache.quarantine()].map((set) => [set.stream, set])),
            checkpoint: cache.checkpoint,
          };
        }
      },
      audited: (audit) => {
        say(() => `audit ${JSON.stringify(audit)}`);
        judgedAudit.audited(audit);
      },
      failed: (what, error) => fail('nothing stops it', `${what}: ${String(error)}`),
    });
  };
  const crash = (): void => {
    crashAfter = undefined;
    if (isDead) return;
    isDead = true;
    stopping = false;
    say(() => 'Rollcall is killed');
    process?.kill();
    pbx.cut({ unnoticed: false });
    world.after(chance.float() * 50, begin);
  };
  /** At once, or as soon as one of the next appends is durable, before it is answered; more often where a boot begins. */
  const crashSomewhere = (): void => {
    if (chance.chance(0.3)) crash();
    else crashAfter = chance.pick(['PbxBooted', 'any'] as const);
  };
  let stopping = false;
  const stop = (): void => {
    const stopped = process;
    if (stopping || isDead || !stopped) return;
    stopping = true;
    say(() => 'Rollcall is stopped');
    const tooLate = world.after(LONGEST_STOP, () => {
      if (process === stopped) fail('it stops when it is told to', 'it did not');
    });
    void stopped.stop().then(() => {
      tooLate();
      stopping = false;
      stopped.kill();
      begin();
    });
  };

  const life = createLife({ model, world, dice: dice('life'), manners: plan.manners, crowd: plan.crowd });
  const pace = dice('pace');
  const live = (): void => {
    if (world.now() > plan.troubled + 5_000) return;
    life.step();
    world.after(pace.float() * 2 * plan.pace, live);
  };
  const look = (): void => {
    judgedList.check();
    world.after(250, look);
  };

  model.start({ sameSecond: false, sameIds: false });
  begin();
  live();
  look();
  const isOver = (): boolean => failure !== undefined;
  const endFaults = startFaults({
    plan,
    world,
    dice: dice('faults'),
    log,
    pbx,
    model,
    burst: life.burst,
    crash: crashSomewhere,
    stop,
    say,
  });
  await world.run(plan.troubled, isOver);
  endFaults();
  crashAfter = undefined;
  say(() => 'the faults are over');
  const end = plan.troubled + plan.calm;
  await world.run(end - plan.settings.reconcileEvery, isOver);
  const before = log.events.length;
  await world.run(end, isOver);
  if (!failure) {
    judgedList.final();
    if (plan.settings.auditEvery !== undefined) judgedAudit.final();
    if (process?.cache) judgedCache.whole(process.cache);
    if (log.events.length !== before)
      fail('where nothing happens nothing is appended', `${log.events.length - before}`);
  }
  process?.kill();
  return { seed, failure, events: log.events.length, connections };
};
