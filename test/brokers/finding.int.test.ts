import { afterEach, expect, test, vi } from 'vitest';
import { findKafka } from './lab.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('where CI is set a missing Kafka is a failure that says what is missing', async () => {
  vi.stubEnv('ROLLCALL_TEST_KAFKA', undefined);
  vi.stubEnv('CI', 'true');
  vi.stubEnv('PATH', '/nonexistent');
  await expect(findKafka('4')).rejects.toThrow('no Kafka 4 here (jars: ');
});

test('elsewhere it is a reason to skip with', async () => {
  vi.stubEnv('ROLLCALL_TEST_KAFKA', undefined);
  vi.stubEnv('CI', undefined);
  vi.stubEnv('PATH', '/nonexistent');
  const found = await findKafka('4');
  expect(found).toMatchObject({ found: false, reason: expect.stringContaining('test/brokers/README.md') });
});

test.each(['localhost', 'localhost:9092,', 'kafka://localhost:9092'])('%s is no ROLLCALL_TEST_KAFKA', async (text) => {
  vi.stubEnv('ROLLCALL_TEST_KAFKA', text);
  await expect(findKafka('4')).rejects.toThrow('ROLLCALL_TEST_KAFKA must be HOST:PORT[,HOST:PORT]');
});

test('the Kafka of ROLLCALL_TEST_KAFKA is used and never harmed', async ({ skip }) => {
  vi.stubEnv('ROLLCALL_TEST_KAFKA', undefined);
  const own = await findKafka('4');
  if (!own.found) return skip(own.reason);
  const kafka = await own.start();
  try {
    vi.stubEnv('ROLLCALL_TEST_KAFKA', kafka.bootstrap.join(','));
    const found = await findKafka('4');
    if (!found.found) throw new Error(found.reason);
    const given = await found.start();
    expect(given).toMatchObject({ owned: false, bootstrap: kafka.bootstrap });
    expect(given.brokers).toMatchObject([{ id: 1, address: kafka.bootstrap[0] }]);
    await expect(given.brokers[0]?.kill9()).rejects.toThrow(
      'kill9: not possible with the Kafka of ROLLCALL_TEST_KAFKA',
    );
    await expect(found.start({ brokers: 3 })).rejects.toThrow('3 brokers (it has 1)');
    await expect(found.start({ sasl: true })).rejects.toThrow('the option "sasl"');
    await given.stop();
  } finally {
    await kafka.stop();
  }
});
