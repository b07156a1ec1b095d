import { randomFillSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Channel, shapeChannel } from '@rollcall/channel';
import { afterEach, describe, expect, test } from 'vitest';
import { AMI_BANNER, amiEvent, amiMessage, hangup, newcallerid, newchannel, newstate } from '../support/ami-feed.ts';
import { ariLine } from '../support/ari-feed.ts';
import { importFeed } from '../support/import-feed.ts';
import { type ImportedByUser, importAsUser, listAsUser, newDir, removeDirs, verifyAsUser } from './as-user.ts';

afterEach(removeDirs);

type Around = Pick<ImportedByUser, 'said'> & { list: Channel[]; ids: string[] };

/** What is bad between a good channel before it and a good one after it. */
const around = (bad: Buffer[], source: 'ami' | 'ari'): Buffer =>
  Buffer.concat(
    source === 'ami'
      ? [AMI_BANNER, newchannel({ id: 'before' }), ...bad, newchannel({ id: 'after' })]
      : [ariLine('ChannelCreated', { id: 'before' }), ...bad, ariLine('ChannelCreated', { id: 'after' })],
  );

const besideTheGood = (list: Channel[]): string[] => {
  const ids = list.map(({ uniqueid }) => uniqueid);
  expect(ids).toContain('before');
  expect(ids).toContain('after');
  return ids.filter((id) => id !== 'before' && id !== 'after');
};

/** Imported as a user does it: three processes. */
const userImports = async (bad: Buffer[], source: 'ami' | 'ari' = 'ami'): Promise<Around & { err: string }> => {
  const data = newDir();
  const { code, err, said } = await importAsUser(data, around(bad, source), source);
  expect({ code, err: code ? err : '' }).toEqual({ code: 0, err: '' });
  const list = await listAsUser(data);
  expect(await verifyAsUser(data)).toBe(0);
  return { said, err, list, ids: besideTheGood(list) };
};

/** The same import within this process. */
const imports = async (bad: Buffer[], source: 'ami' | 'ari' = 'ami'): Promise<Around> => {
  const imported = await importFeed({ data: newDir(), bytes: around(bad, source), source });
  expect(imported.differences).toEqual([]);
  const list = [...imported.channels.values()].map(shapeChannel);
  const { counters, report } = imported;
  return { said: { live: list.length, counters, report }, list, ids: besideTheGood(list) };
};

const noise = (length: number): Buffer => randomFillSync(Buffer.alloc(length));
const MEGABYTE = 1024 * 1024;

describe('what is good beside the bad is in the list, and what was bad is counted', () => {
  test('a feed that was cut in the middle of a message', async () => {
    const data = newDir();
    const whole = Buffer.concat([
      AMI_BANNER,
      newchannel({ id: '1.1' }),
      newchannel({ id: '1.2' }),
      hangup({ id: '1.1' }),
    ]);
    const { code, said } = await importAsUser(data, whole.subarray(0, -40));
    expect({ code, malformed: said.report.malformed }).toEqual({ code: 0, malformed: 1 });
    expect((await listAsUser(data)).map(({ uniqueid }) => uniqueid)).toEqual(['1.1', '1.2']);
    expect(await verifyAsUser(data)).toBe(0);
  });

  test('a gzipped feed that was cut says so, and gives what was readable', async () => {
    const data = newDir();
    const calls = Array.from({ length: 3_000 }, (_, n) =>
      newchannel({ id: `1.${n}`, name: noise(30).toString('hex') }),
    );
    const packed = gzipSync(Buffer.concat([AMI_BANNER, ...calls]));
    const { code, err, said } = await importAsUser(data, packed.subarray(0, packed.length / 2));
    expect(code).toBe(0);
    expect(err).toMatch(/^.*feed: .*(cut|end|early|short).*\n$/i);
    expect(said.live).toBeGreaterThan(1_000);
    expect(said.live).toBeLessThan(3_000);
    expect(await listAsUser(data)).toHaveLength(said.live);
    expect(await verifyAsUser(data)).toBe(0);
  });

  test('random bytes between two messages', async () => {
    const { said, ids } = await userImports([noise(MEGABYTE / 4), Buffer.from('\r\n\r\n')]);
    expect(said.report.malformed).toBeGreaterThan(0);
    expect(ids).toEqual([]);
  });

  test('random bytes between two lines of ARI, each told by its line', async () => {
    const { said, err, ids } = await userImports([noise(MEGABYTE / 4), Buffer.from('\n')], 'ari');
    expect(said.report.malformed).toBeGreaterThan(0);
    expect(err).toContain('skipped line 2: ');
    expect(err.split('\n').length).toBeLessThan(30);
    expect(ids).toEqual([]);
  });

  test('nothing but random bytes', async () => {
    for (const source of ['ami', 'ari'] as const) {
      const data = newDir();
      const { code, said } = await importAsUser(data, noise(2 * MEGABYTE), source);
      expect(code).toBe(0);
      expect(said.report.malformed).toBeGreaterThan(0);
      expect(await listAsUser(data)).toEqual([]);
      expect(await verifyAsUser(data)).toBe(0);
    }
  });

  test('a header of 10 MB, as value and as name, and a line of 10 MB of ARI', async () => {
    const long = 'x'.repeat(10 * MEGABYTE);
    const ami = await userImports([
      newchannel({ id: 'long', name: long }),
      amiMessage({ Event: 'Newchannel', [long]: 'a' }),
    ]);
    expect(ami.said.report.malformed).toBe(2);
    expect(ami.ids).toEqual([]);
    const ari = await userImports([ariLine('ChannelCreated', { id: 'long', name: long })], 'ari');
    expect(ari.err).toBe('skipped line 2: longer than 1 MiB\n');
    expect(ari.ids).toEqual([]);
  });

  test('a flood of unknown events', async () => {
    const flood = amiEvent('FancyNewEvent', { Uniqueid: 'flood', Channel: 'PJSIP/flood-1', ChannelState: 6 });
    const { said, ids } = await userImports(Array<Buffer>(100_000).fill(flood));
    expect(said.report.events).toBe(100_002);
    expect(said.counters.observations).toBe(2);
    expect(ids).toEqual([]);
    const ari = await userImports(Array<Buffer>(20_000).fill(ariLine('ChannelFancyNewEvent', { id: 'flood' })), 'ari');
    expect(ari.said.report).toMatchObject({ events: 20_002, malformed: 0 });
    expect(ari.ids).toEqual([]);
  });

  test('events for channels never seen: only those that prove a channel make one', async () => {
    const { said, list, ids } = await imports([
      newcallerid({ id: 'no proof' }),
      hangup({ id: 'never was' }),
      newstate({ id: 'proved', state: 5 }),
    ]);
    expect(ids).toEqual(['proved']);
    expect(said.counters.unknown).toBe(2);
    expect(list.find(({ uniqueid }) => uniqueid === 'proved')).toMatchObject({ origin: 'found', state: 5 });
  });

  test('a flood of events for channels never seen, each another one', async () => {
    const strangers = Array.from({ length: 60_000 }, (_, n) => newcallerid({ id: `stranger ${n}` }));
    const { said, ids } = await imports([newchannel({ id: 'live' }), ...strangers, newstate({ id: 'live', state: 5 })]);
    expect(ids).toEqual(['live']);
    expect(said.counters.unknown).toBe(60_000);
  });

  test('two channels with one name are both there, and the end of one is not the end of the other', async () => {
    const twins = ['1.1', '1.2', '1.3'].map((id) => newchannel({ id, name: 'PJSIP/twin-1' }));
    const { list, ids } = await imports([...twins, hangup({ id: '1.2', name: 'PJSIP/twin-1' })]);
    expect(ids).toEqual(['1.1', '1.3']);
    expect(list.filter(({ name }) => name === 'PJSIP/twin-1')).toHaveLength(2);
  });

  test('ids that differ only in case are two channels', async () => {
    const { ids } = await imports([
      newchannel({ id: 'Call-A', name: 'PJSIP/a-1' }),
      newchannel({ id: 'call-a', name: 'pjsip/A-1' }),
      newchannel({ id: 'CALL-A' }),
      hangup({ id: 'Call-A', name: 'PJSIP/a-1' }),
    ]);
    expect(ids.sort()).toEqual(['CALL-A', 'call-a']);
  });

  test('ids of 150 characters, told apart by the last', async () => {
    const id = (last: string) => `${'0123456789'.repeat(15).slice(0, 149)}${last}`;
    const { ids } = await userImports([
      newchannel({ id: id('a') }),
      newchannel({ id: id('b') }),
      hangup({ id: id('a') }),
    ]);
    expect(ids).toEqual([id('b')]);
    expect(ids[0]).toHaveLength(150);
  });

  test('ids that look like paths, markup or nothing', async () => {
    const strange = ['a/b/../c', '%2e%2e', '<b>', "' OR 1=1 --", 'ü', '__proto__', '\\', ' '];
    const { ids } = await imports([...strange.map((id) => newchannel({ id })), newchannel({ id: '' })]);
    expect(ids.sort()).toEqual([...strange].sort());
  });

  test('a uniqueid used again within a boot lives again once it is proved, with what was said of it last', async () => {
    const { said, list, ids } = await userImports([
      newchannel({ id: 'again', name: 'PJSIP/first-1' }),
      hangup({ id: 'again', name: 'PJSIP/first-1' }),
      newchannel({ id: 'again', name: 'PJSIP/second-1', state: 0 }),
      newstate({ id: 'again', name: 'PJSIP/second-1', state: 6 }),
      newchannel({ id: 'not proved', name: 'PJSIP/third-1' }),
      hangup({ id: 'not proved', name: 'PJSIP/third-1' }),
      newchannel({ id: 'not proved', name: 'PJSIP/third-2' }),
      newcallerid({ id: 'not proved', name: 'PJSIP/third-2' }),
    ]);
    expect(ids).toEqual(['again']);
    expect(list.find(({ uniqueid }) => uniqueid === 'again')).toMatchObject({ name: 'PJSIP/second-1', state: 6 });
    expect(said.counters).toMatchObject({ suspect: 2, late: 1 });
  });

  test('a Newchannel for a channel that is live ends that one; another begins once it is proved', async () => {
    const { list, ids } = await imports([
      newchannel({ id: 'farewell' }),
      newchannel({ id: 'farewell' }),
      newchannel({ id: 'reused', name: 'PJSIP/first-1' }),
      newchannel({ id: 'reused', name: 'PJSIP/second-1' }),
      newstate({ id: 'reused', name: 'PJSIP/second-1' }),
    ]);
    expect(ids).toEqual(['reused']);
    expect(list.find(({ uniqueid }) => uniqueid === 'reused')).toMatchObject({ name: 'PJSIP/second-1' });
  });

  test('invalid UTF-8 in names, and cut characters', async () => {
    const { list, ids } = await userImports([
      newchannel({ id: '1.1', name: Buffer.from([0x50, 0xff, 0xfe, 0x2f, 0xc3]) }),
      newchannel({ id: '1.2', name: 'PJSIP/grüße-1', more: { CallerIDName: Buffer.from([0xe2, 0x82]) } }),
      newchannel({ id: '1.3', name: 'PJSIP/nul\0-1' }),
    ]);
    expect(ids).toEqual(['1.1', '1.2', '1.3']);
    const [bad, cut] = list.filter(({ uniqueid }) => uniqueid.startsWith('1.'));
    expect(bad?.name).toBe('P\ufffd\ufffd/\ufffd');
    expect(cut).toMatchObject({ name: 'PJSIP/grüße-1', callerName: '\ufffd' });
    const ari = await userImports(
      [
        Buffer.from(ariLine('ChannelCreated', { id: 'x' }).toString().replaceAll('PJSIP/x', 'PJSIP/\\ud800-1')),
        ariLine('ChannelCreated', { id: 'half' }).fill(0xff, 60, 62),
      ],
      'ari',
    );
    expect(ari.ids).toContain('x');
  });

  test('numbers that are none, dates that are none, and headers that lack', async () => {
    const { list, ids } = await imports([
      newchannel({ id: '1.1', more: { ChannelState: 'Up', Priority: '99999999999999999999', Timestamp: 'yesterday' } }),
      newchannel({ id: '1.2', more: { Timestamp: '99999999999.999999' } }),
      amiEvent('Newchannel', { Uniqueid: '1.3' }),
      amiEvent('Newchannel', { Channel: 'PJSIP/no-id-1' }),
      amiMessage({ Event: '' }),
      amiMessage({ Response: 'Success' }),
      Buffer.from('no header at all\r\n\r\n: \r\n\r\n\r\n\r\n'),
    ]);
    expect(ids.sort()).toEqual(['1.1', '1.2', '1.3']);
    expect(list.find(({ uniqueid }) => uniqueid === '1.1')?.state).toBeUndefined();
    expect(list.find(({ uniqueid }) => uniqueid === '1.3')?.name).toBe('1.3');
  });

  test("a PBX's clock that steps back by an hour, and by years", async () => {
    const at = (seconds: number) => ({ Timestamp: `${seconds}.000000` });
    const { list, ids } = await imports([
      newchannel({ id: 'late', more: at(1_795_360_446) }),
      newchannel({ id: 'over', more: at(1_795_360_447) }),
      newchannel({ id: 'early', more: at(1_795_356_846) }),
      newstate({ id: 'late', state: 5, more: at(1_795_356_847) }),
      hangup({ id: 'over', more: at(1_795_356_848) }),
      newchannel({ id: 'at the epoch', more: at(0) }),
    ]);
    expect(ids.sort()).toEqual(['at the epoch', 'early', 'late']);
    expect(list.find(({ uniqueid }) => uniqueid === 'late')).toMatchObject({ state: 5, created: 1_795_360_446_000 });
  });
});
