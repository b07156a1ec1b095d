import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStream, type NewEvent, pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { openSpooledLog, type SpooledLog } from './open-spooled-log.ts';
import { createFakeRemote, type FakeRemote, type Fate } from './testing/fake-remote.ts';

const FATES: Fate[] = ['away', 'answer-lost', 'silent', 'silent-written', 'late'];
const STREAMS = [pbxStream('a'), ...['1', '2', '3', '4', '5'].map((id) => channelStream('a', 1, id))];

type Step =
  | { do: 'append'; streams: number[]; events: number }
  /** `half`: of the streams only every other one. */
  | { do: 'fail'; fate: Fate; half: boolean }
  | { do: 'heal' }
  /** In the middle of whatever it does, with `unanswered` appends under way; the next process finds the log well, or first fails again. */
  | { do: 'crash'; unanswered: number[]; twice: boolean }
  | { do: 'pause'; ms: number };

const someStreams = fc.uniqueArray(fc.nat(STREAMS.length - 1), { minLength: 1, maxLength: STREAMS.length });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        streams: someStreams,
        events: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('fail' as const), fate: fc.constantFrom(...FATES), half: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'heal' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('crash' as const), unanswered: someStreams, twice: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: 40 }) }) },
  ),
  { maxLength: 25, size: 'max' },
);

const PATIENCE = 15;
const world = {
  ...systemWorld,
  scheduler: {
    ...systemWorld.scheduler,
    sleep: (ms: number, signal?: AbortSignal) => systemWorld.scheduler.sleep(Math.min(ms, 3), signal),
  },
};

const event = (): NewEvent => ({
  ...{ id: crypto.randomUUID(), time: 1, pbx: 'a', boot: 1, source: 'ami', schema: SCHEMA_VERSION },
  ...{ type: 'PbxDisconnected', data: { reason: 'x' } },
});

/** One process: what it sends once it is killed reaches nobody. */
const startProcess = (remote: FakeRemote, dir: string) => {
  let alive = true;
  const never = new Promise<never>(() => {});
  const stopping = new AbortController();
  const opening = openSpooledLog({
    open: async () => ({
      ...remote.log,
      append: (...args) => (alive ? remote.log.append(...args) : never),
      close: async () => {},
    }),
    dir,
    bounds: { maxBytes: 1e9, maxAge: undefined, whenFull: 'disconnect' },
    world: {
      ...world,
      scheduler: { ...world.scheduler, sleep: (...args) => (alive ? world.scheduler.sleep(...args) : never) },
    },
    say: { info: () => {}, warn: () => {} },
    signal: stopping.signal,
    patience: PATIENCE,
  });
  return {
    opening,
    /** Leaves what it has on the disk at this moment in `to`. */
    kill: (to: string): void => {
      alive = false;
      mkdirSync(to);
      for (const file of ['events.db', 'events.db-wal', 'refused.ndjson']) {
        if (existsSync(join(dir, file))) cpSync(join(dir, file), join(to, file));
      }
      stopping.abort();
    },
  };
};

/** Lives `steps`; what was acknowledged of each stream, and what the log has in the end. */
const live = async (all: readonly Step[], base: string) => {
  const remote = createFakeRemote();
  const acknowledged = new Map<string, string[]>(STREAMS.map((stream) => [stream, []]));
  const ended: SpooledLog<FakeRemote['log']>[] = [];
  let directory = 0;
  let running = startProcess(remote, join(base, '0'));
  let spooled = await running.opening;

  const heal = (): void => {
    remote.fate = () => 'written';
    remote.catchUp();
  };
  const append = async (stream: string, events: NewEvent[]): Promise<void> => {
    const ids = acknowledged.get(stream) ?? [];
    await spooled.log.append(stream, ids.length === 0 ? 'none' : revision(ids.length - 1), events);
    ids.push(...events.map(({ id }) => id));
  };
  const restart = async (twice: boolean): Promise<void> => {
    ended.push(spooled);
    const kill = (): void => running.kill(join(base, `${directory + 1}`));
    kill();
    directory++;
    running = startProcess(remote, join(base, `${directory}`));
    if (twice) {
      await world.scheduler.sleep(3);
      const opened = running.opening.catch((error) => {
        if (!isRollcallError(error, 'START_ABANDONED')) throw error;
        return undefined;
      });
      kill();
      directory++;
      const first = await opened;
      if (first) ended.push(first);
      running = startProcess(remote, join(base, `${directory}`));
    }
    heal();
    spooled = await running.opening;
  };

  for (const step of all) {
    switch (step.do) {
      case 'append':
        await Promise.all(
          step.streams.map((at) => append(STREAMS[at] ?? '', Array.from({ length: step.events }, event))),
        );
        break;
      case 'fail':
        remote.fate = (stream) => (step.half && STREAMS.indexOf(stream) % 2 === 0 ? 'written' : step.fate);
        break;
      case 'heal':
        heal();
        break;
      case 'pause':
        await systemWorld.scheduler.sleep(step.ms);
        break;
      case 'crash': {
        const unanswered = step.unanswered.map((at) => [STREAMS[at] ?? '', event()] as const);
        const under = unanswered.map(([stream, one]) => {
          const ids = acknowledged.get(stream) ?? [];
          return spooled.log.append(stream, ids.length === 0 ? 'none' : revision(ids.length - 1), [one]);
        });
        await null;
        await restart(step.twice);
        void Promise.allSettled(under);
        // It was not answered: it is there, or it is not.
        for (const [stream, { id }] of unanswered) {
          if (remote.ofStream(stream).at(-1)?.id === id) acknowledged.get(stream)?.push(id);
        }
      }
    }
  }
  heal();
  await vi.waitFor(() => expect(spooled.state()).toMatchObject({ phase: 'through', events: 0, refused: 0 }), {
    timeout: 10_000,
    interval: 2,
  });
  heal();
  await spooled.close();
  for (const one of ended) await one.close();
  return { acknowledged, remote };
};

test('whatever the log, the network and this process suffer, the log ends with exactly what was acknowledged, in order, none twice', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const base = mkdtempSync(join(tmpdir(), 'rollcall-drained-'));
      try {
        const { acknowledged, remote } = await live(all, base);
        for (const [stream, ids] of acknowledged) {
          expect(
            remote.ofStream(stream).map(({ id }) => id),
            stream,
          ).toEqual(ids);
        }
      } finally {
        rmSync(base, { recursive: true });
      }
    }),
    { numRuns: Number(process.env.ROLLCALL_RUNS ?? 40) },
  );
});
