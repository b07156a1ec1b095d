import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStream, type DomainEvent, type NewEvent, pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSpooledLog, type SpooledLog, type SpooledLogOptions } from './open-spooled-log.ts';
import { createFakeRemote, type FakeRemote, type Fate } from './testing/fake-remote.ts';

type Remote = FakeRemote['log'];
let dir: string;
let remote: FakeRemote;
let opened: SpooledLog<Remote>[];
let said: string[];
const world = {
  ...systemWorld,
  // Nobody waits longer than that here.
  scheduler: {
    ...systemWorld.scheduler,
    sleep: (ms: number, signal?: AbortSignal) => systemWorld.scheduler.sleep(Math.min(ms, 5), signal),
  },
};
const patient = { timeout: 20_000, interval: 5 };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-spool-'));
  remote = createFakeRemote();
  opened = [];
  said = [];
});
afterEach(async () => {
  for (const one of opened) await one.close();
  rmSync(dir, { recursive: true });
});

const open = async (options: Partial<SpooledLogOptions<Remote>> = {}): Promise<SpooledLog<Remote>> => {
  const one = await openSpooledLog({
    open: async () => remote.log,
    dir,
    bounds: { maxBytes: 1e9, maxAge: undefined, whenFull: 'disconnect' },
    world,
    say: { info: (line) => said.push(line), warn: (line) => said.push(line) },
    signal: new AbortController().signal,
    patience: 50,
    ...options,
  });
  opened.push(one);
  return one;
};

const asNew = (event: DomainEvent): NewEvent => ({
  ...{ id: crypto.randomUUID(), time: 1, pbx: 'a', boot: 1, source: 'ami', schema: SCHEMA_VERSION },
  ...event,
});
const created = () => asNew({ type: 'ChannelCreated', data: { name: 'PJSIP/a-1', origin: 'created' } });
const state = (value = 4) => asNew({ type: 'ChannelStateChanged', data: { state: value } });
const destroyed = () => asNew({ type: 'ChannelDestroyed', data: { reason: 'hangup' } });
const disconnected = () => asNew({ type: 'PbxDisconnected', data: { reason: 'x' } });
const stream = (id: string) => channelStream('a', 1, id);
const ids = (events: readonly { id: string }[]) => events.map(({ id }) => id);
const isThrough = (spooled: SpooledLog<Remote>) =>
  vi.waitFor(() => expect(spooled.state()).toMatchObject({ phase: 'through', events: 0 }), patient);
const fail = (fate: Fate): void => {
  remote.fate = () => fate;
};
const heal = (): void => {
  remote.fate = () => 'written';
  remote.readable = true;
  remote.catchUp();
};

describe('while the log is away', () => {
  test('nothing is spooled while all is well', async () => {
    const { log, state: told } = await open();
    await log.append(stream('1'), 'none', [created()]);
    expect(remote.events).toHaveLength(1);
    expect(told()).toMatchObject({ phase: 'through', events: 0, oldest: 0, problem: undefined });
  });

  test.each<Fate>(['away', 'answer-lost', 'silent', 'silent-written', 'late'])(
    'appends that end %s are durable here, and come in order, none twice',
    async (fate) => {
      const spooled = await open();
      const { log } = spooled;
      const [one, two, three] = [created(), state(), destroyed()];
      await log.append(stream('0'), 'none', [created()]);
      fail(fate);
      await log.append(stream('1'), 'none', [one]);
      await log.append(stream('1'), revision(0), [two, state(5)]);
      await log.append(stream('1'), revision(2), [three]);
      await log.append(stream('2'), 'none', [created()]);
      expect(spooled.state()).toMatchObject({ phase: 'storing', events: 5 });
      expect(spooled.state().problem).toMatch(/^LOG_UNAVAILABLE/);
      heal();
      await isThrough(spooled);
      expect(ids(remote.ofStream(stream('1')))).toEqual([one.id, two.id, expect.any(String), three.id]);
      expect(remote.events).toHaveLength(6);
    },
  );

  test('where a part of the streams is away, only that part waits to be known, and order is kept', async () => {
    const spooled = await open();
    remote.fate = (name) => (name === stream('1') ? 'away' : 'written');
    await Promise.all(['1', '2', '3'].map((id) => spooled.log.append(stream(id), 'none', [created()])));
    await spooled.log.append(stream('2'), revision(0), [destroyed()]);
    heal();
    await isThrough(spooled);
    expect(remote.ofStream(stream('1'))).toHaveLength(1);
    expect(remote.ofStream(stream('2')).map(({ type }) => type)).toEqual(['ChannelCreated', 'ChannelDestroyed']);
  });

  test('what is told of a PBX keeps its place among the channels', async () => {
    const spooled = await open();
    fail('away');
    await spooled.log.append(stream('1'), 'none', [created()]);
    await spooled.log.append(stream('2'), 'none', [created()]);
    await spooled.log.append(pbxStream('a'), 'none', [disconnected()]);
    await spooled.log.append(stream('1'), revision(0), [destroyed()]);
    heal();
    await isThrough(spooled);
    const places = remote.events.map(({ stream: of, type }) => (of === pbxStream('a') ? 'pbx' : type));
    expect(places).toEqual(['ChannelCreated', 'ChannelCreated', 'pbx', 'ChannelDestroyed']);
  });

  test('log and spool are read as one', async () => {
    const spooled = await open();
    const { log } = spooled;
    await log.append(stream('1'), 'none', [created(), state(1)]);
    await log.append(stream('9'), 'none', [created()]);
    fail('away');
    await log.append(stream('1'), revision(1), [state(2), state(3)]);
    await log.append(stream('1'), revision(3), [state(4)]);
    await log.append(stream('2'), 'none', [created(), destroyed()]);
    const read = async (name: string, from = 0) => {
      const found = [];
      for await (const batch of log.readStream(name, revision(from))) found.push(...batch);
      return found.map(({ revision: at }) => at);
    };
    expect(await read(stream('1'))).toEqual([0, 1, 2, 3, 4]);
    expect(await read(stream('1'), 3)).toEqual([3, 4]);
    const all = [stream('1'), stream('2'), stream('3'), stream('9')];
    const heads = { [stream('1')]: { revision: 4, closed: false }, [stream('2')]: { revision: 1, closed: true } };
    expect(Object.fromEntries(await log.heads(all))).toEqual({
      ...heads,
      [stream('9')]: { revision: 0, closed: false },
    });
    remote.readable = false;
    expect(Object.fromEntries(await log.heads(all))).toEqual(heads);
    expect(await read(stream('1'))).toEqual([2, 3, 4]);
    const waiting = read(stream('9'));
    heal();
    expect(await waiting).toEqual([0]);
    await isThrough(spooled);
    expect(await read(stream('1'))).toEqual([0, 1, 2, 3, 4]);
  });

  test('the same append twice is one, another at the same revision is refused', async () => {
    const spooled = await open();
    fail('away');
    const first = [created()];
    await spooled.log.append(stream('1'), 'none', first);
    await spooled.log.append(stream('1'), 'none', first);
    await expect(spooled.log.append(stream('1'), 'none', [created()])).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
    });
    heal();
    await isThrough(spooled);
    expect(ids(remote.events)).toEqual(ids(first));
  });

  test('thousands that wait are few appends for the log, and the file begins anew', async () => {
    const spooled = await open();
    fail('away');
    const count = 300;
    for (let at = 0; at < count; at++) {
      const expected = at === 0 ? 'none' : revision(at - 1);
      await Promise.all(
        Array.from({ length: 10 }, (_, id) =>
          spooled.log.append(stream(`${id}`), expected, [at === 0 ? created() : state(at)]),
        ),
      );
    }
    const before = spooled.state();
    expect(before.events).toBe(10 * count);
    remote.asked = 0;
    heal();
    await isThrough(spooled);
    expect(remote.events).toHaveLength(10 * count);
    expect(remote.asked).toBeLessThan(100);
    await vi.waitFor(() => expect(spooled.state().bytes).toBeLessThan(before.bytes / 5), patient);
  });
});

describe('a restart', () => {
  test('drains first what the run before left', async () => {
    const before = await open();
    fail('away');
    const events = [created(), state(), destroyed()];
    for (const [at, event] of events.entries()) {
      await before.log.append(stream('1'), at === 0 ? 'none' : revision(at - 1), [event]);
    }
    await before.close();
    remote = Object.assign(createFakeRemote(), { events: remote.events });
    const again = await open();
    expect(ids(remote.ofStream(stream('1')))).toEqual(ids(events));
    expect(again.state()).toMatchObject({ phase: 'through', events: 0 });
  });

  test('with the log away waits, says so, and goes on when it is back', async () => {
    let tries = 0;
    const spooled = await open({
      open: async () => {
        if (++tries < 4) throw new RollcallError('LOG_UNAVAILABLE', 'Nobody there.', 'Wait.');
        return remote.log;
      },
    });
    expect(spooled.remote).toBe(remote.log);
    expect(said.filter((line) => line.includes('Waiting for the event log'))).toHaveLength(1);
  });

  test('with settings that are wrong does not wait', async () => {
    const refused = new RollcallError('LOG_LOGIN_REFUSED', 'Wrong password.', 'Mend it.');
    await expect(open({ open: () => Promise.reject(refused) })).rejects.toBe(refused);
    await open();
  });

  test('that is abandoned while it waits ends', async () => {
    const stop = new AbortController();
    const opening = open({
      open: () => Promise.reject(new RollcallError('LOG_UNAVAILABLE', 'x', 'y')),
      signal: stop.signal,
    });
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: 'START_ABANDONED' });
    await open();
  });
});

describe('what cannot be placed', () => {
  test('goes to a file with the reason, is told, and nothing of its stream follows until it was read anew', async () => {
    const spooled = await open();
    const told: unknown[] = [];
    spooled.unplaced((...what) => told.push(what));
    const { log } = spooled;
    await log.append(stream('1'), 'none', [created()]);
    fail('away');
    const lost = [state(1), state(2)];
    await log.append(stream('1'), revision(0), lost.slice(0, 1));
    await log.append(stream('1'), revision(1), lost.slice(1));
    await log.append(stream('2'), 'none', [created()]);
    const others = state(7);
    remote.write(stream('1'), revision(0), [others]);
    heal();
    await isThrough(spooled);
    expect(told).toEqual([[[stream('1')], false]]);
    expect(spooled.state().refused).toBe(2);
    const lines = readFileSync(join(dir, 'refused.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.flatMap(({ events }) => ids(events))).toEqual(ids(lost));
    expect(lines[0]).toMatchObject({ code: 'WRONG_EXPECTED_REVISION', stream: stream('1'), expected: 0 });
    expect(remote.ofStream(stream('2'))).toHaveLength(1);

    await expect(log.append(stream('1'), revision(1), [state(3)])).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
    });
    expect((await log.heads([stream('1')])).get(stream('1'))?.revision).toBe(1);
    await log.append(stream('1'), revision(1), [state(3)]);
    expect(remote.ofStream(stream('1'))).toHaveLength(3);
  });

  test('for being too large is tried in parts; the single event that is too large is set aside', async () => {
    const spooled = await open();
    fail('away');
    const huge = asNew({ type: 'VariableSet', data: { variable: 'X', value: 'x'.repeat(1000) } });
    const parts = [created(), state(1), state(2), state(3)];
    await spooled.log.append(stream('1'), 'none', parts);
    await spooled.log.append(stream('2'), 'none', [created()]);
    await spooled.log.append(stream('2'), revision(0), [huge]);
    await spooled.log.append(stream('3'), 'none', [created()]);
    const tooLarge = new RollcallError('APPEND_TOO_LARGE', 'Too large.', 'Less.');
    remote.fate = (_, news) => (news.length > 2 || JSON.stringify(news).length > 1000 ? tooLarge : 'written');
    await isThrough(spooled);
    expect(ids(remote.ofStream(stream('1')))).toEqual(ids(parts));
    expect(remote.ofStream(stream('2'))).toHaveLength(1);
    expect(remote.ofStream(stream('3'))).toHaveLength(1);
    expect(readFileSync(join(dir, 'refused.ndjson'), 'utf8')).toContain(huge.id);
  });
});

describe('at its bound', () => {
  const fill = async (log: SpooledLog<Remote>['log'], upTo = 100_000) => {
    for (let id = 0; id < upTo; id++) {
      await log.append(stream(`${id}`), 'none', [
        created(),
        asNew({ type: 'VariableSet', data: { variable: 'X', value: 'x'.repeat(20_000) } }),
      ]);
    }
  };

  test('disconnect: nothing more is taken, what waits is kept, and there is room again when it is drained', async () => {
    const spooled = await open({ bounds: { maxBytes: 1e6, maxAge: undefined, whenFull: 'disconnect' } });
    fail('away');
    await expect(fill(spooled.log)).rejects.toMatchObject({ code: 'SPOOL_FULL' });
    const { events, bytes, full } = spooled.state();
    expect(full).toBe(true);
    expect(events).toBeGreaterThan(10);
    expect(bytes).toBeLessThan(8e6);
    heal();
    await isThrough(spooled);
    expect(remote.events).toHaveLength(events);
    await spooled.log.append(stream('new'), 'none', [created()]);
  });

  test('discard: what waits is given up, and so is what follows; when the log is back all is to be read anew', async () => {
    const spooled = await open({ bounds: { maxBytes: 1e6, maxAge: undefined, whenFull: 'discard' } });
    const told: unknown[] = [];
    spooled.unplaced((...what) => told.push(what));
    const { log } = spooled;
    for (const id of ['old', 'older']) await log.append(stream(id), 'none', [created()]);
    fail('away');
    await log.append(stream('old'), revision(0), [destroyed()]);
    await fill(log, 200);
    await log.append(stream('older'), revision(0), [destroyed()]);
    await log.append(stream('0'), revision(1), [destroyed()]);
    expect(spooled.state()).toMatchObject({ phase: 'discarding', full: true });
    expect(spooled.state().bytes).toBeLessThan(1e6);
    heal();
    await isThrough(spooled);
    expect(told).toEqual([[expect.arrayContaining([stream('old'), stream('older')]), true]]);
    expect(spooled.state().discarded).toBeGreaterThan(400);
    await log.append(stream('new'), 'none', [created()]);
    expect(remote.ofStream(stream('new'))).toHaveLength(1);
    expect(said.some((line) => line.startsWith('SPOOL_FULL'))).toBe(true);
  });

  test('an oldest event that is too old is the bound too', async () => {
    let now = 1_000_000;
    const aging = { ...world, clock: { ...world.clock, now: () => now } };
    const spooled = await open({ world: aging, bounds: { maxBytes: 1e9, maxAge: 60_000, whenFull: 'disconnect' } });
    fail('away');
    await spooled.log.append(stream('1'), 'none', [created()]);
    now += 59_000;
    await spooled.log.append(stream('2'), 'none', [created()]);
    now += 2_000;
    expect(spooled.state().oldest).toBe(61_000);
    await expect(spooled.log.append(stream('3'), 'none', [created()])).rejects.toMatchObject({ code: 'SPOOL_FULL' });
  });
});
