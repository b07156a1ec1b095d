import type { Observation } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectJudge, type Judge } from '../../../../test/asterisk/judge.ts';
import { type AmiAccess, findAsterisk, type Pbx } from '../../../../test/asterisk/lab.ts';
import type { AsteriskConnection } from '../source.ts';
import { type AmiSourceOptions, amiSource } from './source.ts';

// It kills its PBX, and asks for TLS and a limited user: a PBX that is only lent cannot serve.
const isLent = process.env.ROLLCALL_TEST_ASTERISK !== undefined;

const versions = await Promise.all(
  (['22', '16'] as const).map(async (version) => ({ version, found: await findAsterisk(version) })),
);

const lists = (observed: Observation[]) => observed.flatMap((seen) => (seen.kind === 'list' ? [seen.list] : []));

describe.each(versions)('Asterisk $version, over AMI', ({ version, found }) => {
  if (isLent || !found.found) {
    test.skip(`is not here: ${found.found ? 'the PBX is only lent' : found.reason}`, () => {});
    return;
  }

  let pbx: Pbx;
  let judge: Judge;
  const cleanups: (() => void)[] = [];

  beforeAll(async () => {
    pbx = await found.start(`ami-${version}`);
    judge = await connectJudge(pbx.ami);
  });
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });
  afterAll(async () => {
    judge?.close();
    await pbx?.stop();
  });

  const connectTo = (access: AmiAccess, options: Partial<AmiSourceOptions> = {}) => {
    const observed: Observation[] = [];
    const { host, port, user, secret } = access;
    const world = systemWorld;
    const source = amiSource({ host, port, user, secret, variables: ['FOO', 'INHERITED'], world, ...options });
    const connecting = source.connect({
      observe: (batch) => observed.push(...batch),
      signal: new AbortController().signal,
    });
    connecting.then((connection: AsteriskConnection) => cleanups.push(connection.close)).catch(() => {});
    return { connecting, observed };
  };

  /** A call that rests in Echo; resolves with the uniqueids of both halves once they are listed. */
  const startCall = async (): Promise<string[]> => {
    const before = new Set((await judge.status()).map(({ Uniqueid }) => Uniqueid));
    await judge.originate('Local/echo@default/n', { Application: 'Wait', Data: '20' });
    return vi.waitFor(async () => {
      const ours = (await judge.status()).flatMap(({ Uniqueid = '', ChannelState }) =>
        before.has(Uniqueid) || ChannelState !== '6' ? [] : [Uniqueid],
      );
      expect(ours).toHaveLength(2);
      return ours;
    });
  };

  test.each([false, true])('logs in with all it needs, and knows the boot (plain login: %s)', async (plain) => {
    const connection = await connectTo(pbx.ami, { plain }).connecting;
    expect(connection.version).toMatch(new RegExp(`^${version}\\.`));
    expect(connection.startup).toMatch(/^ami:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(connection.warnings).toEqual([]);
    expect(await connectTo(pbx.ami).connecting).toMatchObject({ startup: connection.startup });
  });

  test('lists every channel that there is, and looks at one', async () => {
    const { connecting, observed } = connectTo(pbx.ami);
    const connection = await connecting;
    const [one = '', other = ''] = await startCall();
    await connection.list();
    const list = lists(observed).at(-1);
    const truth = await judge.status();
    expect(list).toMatchObject({ authority: 'real', complete: true });
    expect(list?.channels.map(({ uniqueid }) => uniqueid).toSorted()).toEqual(
      truth.map(({ Uniqueid }) => Uniqueid).toSorted(),
    );
    const name = truth.find(({ Uniqueid }) => Uniqueid === one)?.Channel;
    expect(await connection.look(one)).toMatchObject({ uniqueid: one, facts: { name, state: 6 } });
    expect(await connection.look('1.1')).toBeUndefined();
    expect(await connection.look(name ?? '')).toBeUndefined();
    await judge.hangup('/^Local.*$/');
    for (const gone of [one, other]) {
      await vi.waitFor(async () => expect(await connection.look(gone)).toBeUndefined());
    }
    // Status lets go of a channel before its Hangup is told: that may come behind the list.
    await connection.list();
    expect(lists(observed).at(-1)).toMatchObject({ channels: [], complete: true });
  });

  test('tells a call from its beginning to its end, with names and variables as the dialplan set them', async () => {
    const { connecting, observed } = connectTo(pbx.ami);
    await connecting;
    observed.length = 0;
    await judge.action({
      Action: 'Originate',
      Channel: 'Local/vars@default/n',
      Application: 'Wait',
      Data: '2',
      Async: 'true',
      CallerID: String.raw`"O'Brien \\ ?" <123>`,
      Variable: '__INHERITED=yes',
    });
    const kinds = (kind: Observation['kind']) => observed.filter((seen) => seen.kind === kind);
    await vi.waitFor(() => expect(kinds('destroyed')).toHaveLength(2), { timeout: 20_000 });
    expect(kinds('created')).toHaveLength(2);
    const callerNames = new Set(observed.flatMap((seen) => ('facts' in seen ? [seen.facts.callerName] : [])));
    expect(callerNames).toContain(String.raw`O'Brien \ ?`);
    expect(callerNames).toContain('Zoë "Q!" Ünï');
    const variables = observed.flatMap((seen) => (seen.kind === 'variable' ? [`${seen.variable}=${seen.value}`] : []));
    expect(variables).toContain('FOO=a=b!c');
    expect(variables).toContain('INHERITED=yes');
    expect(observed.every((seen) => 'time' in seen && Number.isInteger(seen.time))).toBe(true);
  });

  test('refuses a wrong secret, and a user who may not list, by name', async () => {
    await expect(connectTo({ ...pbx.ami, secret: 'wrong' }).connecting).rejects.toMatchObject({
      code: 'PBX_LOGIN_REFUSED',
    });
    await expect(connectTo(pbx.amiLimited).connecting).rejects.toMatchObject({
      code: 'PBX_PERMISSION_MISSING',
      message: expect.stringContaining('write=reporting (for Status, CoreStatus)'),
    });
  });

  test('is reached over TLS when its certificate is trusted, and only then', async () => {
    const { ca } = pbx.amiTls;
    expect((await connectTo(pbx.amiTls, { tls: { ca } }).connecting).warnings).toEqual([]);
    expect((await connectTo(pbx.amiTls, { tls: { rejectUnauthorized: false } }).connecting).warnings).toEqual([]);
    await expect(connectTo(pbx.amiTls, { tls: {} }).connecting).rejects.toMatchObject({ code: 'PBX_TLS' });
    await expect(connectTo(pbx.ami, { tls: { ca } }).connecting).rejects.toMatchObject({ code: 'PBX_TLS' });
    await expect(connectTo(pbx.amiTls, { connectTimeoutMs: 500 }).connecting).rejects.toMatchObject({
      code: 'PBX_NOT_ASTERISK',
    });
  });

  test('that dies ends the connection, and comes back with another startup time', async () => {
    const connection = await connectTo(pbx.ami).connecting;
    await pbx.kill9();
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
    await expect(connectTo(pbx.ami).connecting).rejects.toMatchObject({ code: 'PBX_UNREACHABLE' });
    await pbx.start();
    judge = await connectJudge(pbx.ami);
    expect((await connectTo(pbx.ami).connecting).startup).not.toBe(connection.startup);
  });
});
