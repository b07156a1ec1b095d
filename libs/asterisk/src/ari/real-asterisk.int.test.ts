import { once } from 'node:events';
import type { Observation } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { connectJudge, type Judge } from '../../../../test/asterisk/judge.ts';
import { findAsterisk, type Pbx } from '../../../../test/asterisk/lab.ts';
import { type AriSourceOptions, ariSource } from './source.ts';

const VERSIONS = await Promise.all(
  (['22', '16'] as const).map(async (version) => ({ version, found: await findAsterisk(version) })),
);

for (const { version, found } of VERSIONS) {
  const missing = found.found ? undefined : found.reason;
  describe.skipIf(missing)(`ARI of a real Asterisk ${version}${missing ? ` (${missing})` : ''}`, () => {
    let pbx: Pbx;
    let judge: Judge;
    beforeAll(async () => {
      if (!found.found) return;
      pbx = await found.start(`pbx-ari-${version}`);
      judge = await connectJudge(pbx.ami);
    });
    afterAll(async () => {
      judge?.close();
      await pbx?.stop();
    });

    const connect = async (more: Partial<AriSourceOptions> = {}) => {
      const observed: Observation[] = [];
      const source = ariSource({
        url: pbx.ari.url.replace(/\/ari$/, ''),
        user: pbx.ari.user,
        secret: pbx.ari.password,
        app: 'rollcall-test',
        variables: ['FOO'],
        world: systemWorld,
        ...more,
      });
      const signal = new AbortController().signal;
      const connection = await source.connect({ observe: (batch) => observed.push(...batch), signal });
      return { observed, connection };
    };
    const kinds = (observed: Observation[], uniqueid: string) =>
      observed.filter((one) => 'uniqueid' in one && one.uniqueid === uniqueid).map(({ kind }) => kind);
    const call = (id: string, exten: string, more: Record<string, string> = {}) =>
      judge.originate(`Local/${exten}@default/n`, {
        Application: 'Echo',
        Async: 'true',
        ChannelId: id,
        OtherChannelId: `${id}-2`,
        ...more,
      });
    const end = async (observed: Observation[], id: string) => {
      await judge.hangup('/^Local.*$/');
      await vi.waitUntil(
        () => kinds(observed, id).includes('destroyed') && kinds(observed, `${id}-2`).includes('destroyed'),
      );
    };

    test('sees a call from its creation to its destroy, lists it, looks at it, and knows when it is gone', async () => {
      const { observed, connection } = await connect();
      expect(connection.version).toMatch(new RegExp(`^${version}\\.`));
      expect(connection.startup).toMatch(/^ari:\d{4}-\d\d-\d\dT/);
      expect(connection.warnings).toEqual([]);

      await call('a-call', 'echo', { Variable: 'FOO=bar' });
      await vi.waitUntil(() =>
        observed.some((one) => 'facts' in one && one.facts.application === 'Echo' && one.uniqueid === 'a-call-2'),
      );
      await connection.list();
      const listed = observed.at(-1);
      if (listed?.kind !== 'list') throw new Error('no list');
      expect(listed.list).toMatchObject({ authority: 'cache', complete: true });
      const names = (await judge.status()).map((channel) => channel.Channel).sort();
      expect(listed.list.channels.map(({ facts }) => facts.name).sort()).toEqual(names);
      expect(names).toHaveLength(2);

      const seen = await connection.look('a-call-2');
      expect(seen).toEqual(listed.list.channels.find(({ uniqueid }) => uniqueid === 'a-call-2'));
      expect(seen?.facts).toMatchObject({
        state: 6,
        context: 'default',
        exten: 'echo',
        application: 'Echo',
        callerName: null,
      });
      expect(Math.abs((seen?.facts.created ?? 0) - Date.now())).toBeLessThan(600_000);

      await end(observed, 'a-call');
      expect(kinds(observed, 'a-call')[0]).toBe('created');
      expect(kinds(observed, 'a-call')).toEqual(expect.arrayContaining(['variable', 'destroyed']));
      // Which half is asked to hang up, and which follows, differs.
      expect(observed.map(({ kind }) => kind)).toContain('hangup-requested');
      expect(await connection.look('a-call')).toBeUndefined();
      connection.close();
      expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
    });

    test('looks at ids that need quoting in a URL', async () => {
      const { observed, connection } = await connect();
      const odd = 'o d/d?%20#ä+&..';
      await call(odd, 'echo');
      await vi.waitUntil(() => kinds(observed, odd).length > 0);
      expect((await connection.look(odd))?.uniqueid).toBe(odd);
      await end(observed, odd);
      connection.close();
    });

    test('a second Rollcall of the same name takes over, and the first one is told', async () => {
      const first = await connect();
      const second = await connect();
      expect((await first.connection.closed).code).toBe('ARI_APP_NOT_SUBSCRIBED');
      await call('after', 'echo');
      await vi.waitUntil(() => kinds(second.observed, 'after').length > 0);
      expect(kinds(first.observed, 'after')).toEqual([]);
      await end(second.observed, 'after');
      second.connection.close();
    });

    test("another program's application is left alone", async () => {
      const authorization = `Basic ${Buffer.from(`${pbx.ari.user}:${pbx.ari.password}`).toString('base64')}`;
      const other = new WebSocket(`${pbx.ari.url.replace('http', 'ws')}/events?app=dialer`, {
        headers: { authorization },
      });
      const heard: string[] = [];
      other.on('message', (data) => heard.push(data.toString()));
      await once(other, 'open');
      await expect(connect({ app: 'dialer' })).rejects.toMatchObject({ code: 'ARI_APP_NOT_SUBSCRIBED' });
      expect(heard).toEqual([]);
      other.terminate();
    });

    test('a wrong secret and a wrong port are told apart', async () => {
      await expect(connect({ secret: 'wrong' })).rejects.toMatchObject({ code: 'PBX_LOGIN_REFUSED' });
      const ami = `http://${pbx.ami.host}:${pbx.ami.port}`;
      await expect(connect({ url: ami })).rejects.toMatchObject({ code: 'PBX_NOT_ASTERISK' });
      await expect(connect({ url: `${pbx.ari.url}/nowhere` })).rejects.toMatchObject({ code: 'PBX_NOT_ASTERISK' });
      await expect(connect({ url: pbx.ari.url.replace(/^http(.*)\/ari$/, 'https$1') })).rejects.toMatchObject({
        code: 'PBX_TLS',
      });
    });

    test('a killed PBX ends the connection; another boot has another startup time, the same boot the same', async () => {
      if (!pbx.owned) return;
      const { connection } = await connect();
      const again = await connect({ app: 'rollcall-other' });
      expect(again.connection.startup).toBe(connection.startup);
      await pbx.kill9();
      expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
      await expect(connect()).rejects.toMatchObject({ code: 'PBX_UNREACHABLE' });
      await pbx.start();
      judge = await connectJudge(pbx.ami);
      const after = await connect();
      expect(after.connection.startup).not.toBe(connection.startup);
      after.connection.close();
    });
  });
}
