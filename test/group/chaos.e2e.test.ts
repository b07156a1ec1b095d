import { expect, test } from 'vitest';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import { type Chaos, runChaos } from './chaos.ts';

/** Half a minute of load in the run of all tests; ROLLCALL_CHAOS_SECONDS=300 for the whole length. */
const seconds = Number(process.env.ROLLCALL_CHAOS_SECONDS ?? 25);
const often: Chaos =
  seconds >= 120 ? { seconds, brokerEvery: 20, projectorEvery: 30 } : { seconds, brokerEvery: 8, projectorEvery: 10 };

await describeWithKafka('whatever dies', '4', { brokers: 3 }, (kafka) => {
  test('log, projectors, topic and views agree in the end: no ghost, nothing lost', {
    timeout: seconds * 1000 + 240_000,
  }, async () => {
    const { absorbed, events, brokersKilled, projectorsKilled, ...found } = await runChaos(kafka(), often);
    console.log(JSON.stringify({ seconds, events, brokersKilled, projectorsKilled, ...found, absorbed }));
    expect(found).toMatchObject({ lost: 0, ghosts: 0, missing: 0, viewsThatDiffer: 0 });
    expect(brokersKilled).toBeGreaterThan(0);
    expect(projectorsKilled).toBeGreaterThan(0);
    expect(found.live).toBeGreaterThan(0);
  });
});
