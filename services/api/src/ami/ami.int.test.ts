import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type Channel, position, revision } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import { afterEach, describe, expect, test } from 'vitest';
import type { Follow } from '../hub.ts';
import { amiClient, NOW, serveAmi } from '../testing/ami-served.ts';
import { cacheOf, channelOf, pbxNamed } from '../testing/served.ts';

let served: Awaited<ReturnType<typeof serveAmi>> | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

const lines = (text: string): string[] => text.split('\r\n');
const login = (user = 'u'): string => `Action: Login\nUsername: ${user}\nSecret: s`;

const serve = async (options: Partial<Parameters<typeof serveAmi>[0]> = {}) => {
  const cache = cacheOf(
    [pbxNamed('pbx-a'), pbxNamed('pbx-b', { connected: false, staleBefore: position(9) })],
    [
      channelOf('pbx-a', '1.1', {
        name: 'PJSIP/a-1',
        callerName: 'Zoë "Q"',
        context: 'default',
        exten: '600',
        priority: 1,
      }),
      channelOf('pbx-b', '1.1', { name: 'PJSIP/b-1', applicationData: 'x\r\n\r\nEvent: Forged' }),
    ],
  );
  served = await serveAmi({ cache, ...options });
  return served;
};

const selfSigned = (): { key: string; cert: string } => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-ami-tls-'));
  try {
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync('openssl', ['req', ...kind, ...named, '-keyout', `${dir}/key`, '-out', `${dir}/cert`], {
      stdio: 'pipe',
    });
    return { key: readFileSync(`${dir}/key`, 'utf8'), cert: readFileSync(`${dir}/cert`, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

describe('login', () => {
  test('as Asterisk: banner, permission denied before, accepted and FullyBooted, already authenticated after', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    expect(await client.until('\r\n')).toBe('Asterisk Call Manager/11.0.0\r\n');
    expect(await client.ask('Action: Ping\nActionID: 1')).toBe(
      'Response: Error\r\nActionID: 1\r\nMessage: Permission denied\r\n\r\n',
    );
    expect(lines(await client.ask(`${login()}\nActionID: 2`, 'Fully Booted\r\n\r\n'))).toEqual([
      ...['Response: Success', 'ActionID: 2', 'Message: Authentication accepted', ''],
      ...['Event: FullyBooted', 'Privilege: system,all', 'Uptime: 0', 'LastReload: 0', 'Status: Fully Booted', '', ''],
    ]);
    expect(await client.ask(login())).toBe('Response: Success\r\nMessage: Already authenticated\r\n\r\n');
    expect(await client.ask('Action: Logoff\nActionID: 3')).toBe(
      'Response: Goodbye\r\nActionID: 3\r\nMessage: Thanks for all the fish.\r\n\r\n',
    );
    await client.closed();
  });
  test('FullyBooted says how long the PBX runs where one is seen, and how long Rollcall does where there are several', async () => {
    const startup = `ari:${new Date(NOW - 3_600_000).toISOString().replace('Z', '+0000')}`;
    const cache = cacheOf([pbxNamed('pbx-a', { startup }), pbxNamed('pbx-b', { startup })], []);
    const { port } = await serve({ cache });
    for (const [user, uptime] of [
      ['a', 3600],
      ['u', 0],
    ] as const) {
      const said = await (await amiClient(port)).ask(login(user), 'Fully Booted');
      expect(said).toContain(`Uptime: ${uptime}\r\nLastReload: ${uptime}\r\n`);
    }
  });
  test('a wrong secret is answered with "Authentication failed", and the connection ends', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.until('\r\n');
    expect(await client.ask('Action: Login\nUsername: u\nSecret: wrong\nActionID: 3')).toBe(
      'Response: Error\r\nActionID: 3\r\nMessage: Authentication failed\r\n\r\n',
    );
    await client.closed();
  });
  test.each(['', 'Action: Challenge\nAuthType: MD5'])(
    'whoever says MD5 is not let in by a secret instead, as in Asterisk; asked before: %j',
    async (before) => {
      const { port } = await serve();
      const client = await amiClient(port);
      if (before) await client.ask(before, 'Challenge: ');
      expect(await client.ask(`${login()}\nAuthType: md5`, 'Message: ')).toContain('Response: Error');
      await client.closed();
    },
  );
  test('whoever does not log in in time is cut off', async () => {
    const { port } = await serve({ loginWithin: 50 });
    await (await amiClient(port)).closed();
  });
  test('whose login holds no more is cut off at his next request', async () => {
    let holds = true;
    const { port } = await serve({ holds: () => holds });
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted');
    holds = false;
    client.socket.write('Action: Ping\r\n\r\n');
    expect(await client.closed()).not.toContain('Pong');
  });
});

test('over TLS it is the same, and whoever speaks without it gets nothing', async () => {
  const { key, cert } = selfSigned();
  const { port } = await serve({ tls: { key, cert }, loginWithin: 500 });
  const socket = connectTls({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('Fully Booted') && !socket.writableEnded) socket.end('Action: Logoff\r\n\r\n');
  });
  socket.write('Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n');
  await once(socket, 'close');
  expect(said).toMatch(/^Asterisk Call Manager[\s\S]*Authentication accepted[\s\S]*Thanks for all the fish/);
  const plain = await amiClient(port);
  plain.socket.write('Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n');
  expect(await plain.closed()).not.toContain('Asterisk');
});

describe('what happens', () => {
  const told = (type: string, data: object, before: Channel | undefined, after: Channel | undefined, pbx = 'pbx-a') =>
    ({
      event: {
        ...{ type, data, pbx, boot: 1, stream: `channel/${pbx}/1/9.9`, time: 1_795_382_168_040, position: position(7) },
        ...{ id: '', source: 'ami', schema: 1, recorded: 0, revision: revision(0) },
      },
      ...{ before, after, pbx: undefined },
    }) as Told;
  /** A channel of each PBX comes, is answered, and ends, when `go` is called. */
  const follow = (go: Promise<void>, gone: () => void): Follow =>
    async function* (_from, signal) {
      await go;
      for (const pbx of ['pbx-a', 'pbx-b']) {
        const down = channelOf(pbx, '9.9', { state: 0 });
        const up = channelOf(pbx, '9.9', { state: 6 });
        yield [
          told('ChannelCreated', { name: 'x', origin: 'created' }, undefined, down, pbx),
          told('ChannelStateChanged', { state: 6 }, down, up, pbx),
          told('VariableSet', { variable: 'A', value: 'x\r\n"' }, up, up, pbx),
          told('ChannelDestroyed', { reason: 'reconciled' }, up, undefined, pbx),
        ];
      }
      gone();
      await once(signal, 'abort');
    };
  const eventsFor = async (user: string, then: string, count: number): Promise<string[]> => {
    const go = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const { port } = await serve({ follow: follow(go.promise, gone.resolve) });
    const client = await amiClient(port);
    await client.ask(`${login(user)}${then.startsWith('Events') ? `\n${then}` : ''}`, 'accepted\r\n\r\n');
    if (then.startsWith('Action')) await client.ask(then, 'Success');
    go.resolve();
    // Whoever has been told everything is answered behind it; what is filtered may come later.
    await gone.promise;
    let events: string[] = [];
    do {
      const text = await client.ask('Action: Ping\nActionID: last', /last\r\n[\s\S]*\r\n\r\n/);
      events = [...events, ...text.split('\r\n\r\n').filter((block) => block.startsWith('Event: '))];
    } while (events.length < count);
    return events.map((block) => {
      const lines = new Map(block.split('\r\n').map((line) => [line.split(': ')[0], line.replace(/^[^:]*: /, '')]));
      return [lines.get('Event'), lines.get('SystemName'), lines.get('Cause') ?? lines.get('Value') ?? ''].join(' ');
    });
  };
  const ALL = ['Newchannel', 'Newstate', 'VarSet', 'Hangup'];
  const of = (pbx: string, names = ALL): string[] =>
    names.map((name) => `${name} ${pbx} ${{ Hangup: '0', VarSet: 'x\\r\\n\\"' }[name] ?? ''}`);

  test('is told of all PBXs to who sees all, and of one to who sees one', async () => {
    expect(await eventsFor('u', '', 8)).toEqual([...of('pbx-a'), ...of('pbx-b')]);
    await served?.close();
    expect(await eventsFor('a', '', 4)).toEqual(of('pbx-a'));
  });
  test.each([
    ['Events: off', []],
    ['Events: call', ['Newchannel', 'Newstate', 'Hangup']],
    ['Action: Events\nEventMask: dialplan', ['VarSet']],
    ['Action: Filter\nOperation: Add\nFilter: !Event: Newstate', ['Newchannel', 'VarSet', 'Hangup']],
  ])('%j passes %j', async (said, passing) => {
    expect(await eventsFor('a', said, passing.length)).toEqual(of('pbx-a', passing));
  });
});

describe('one PBX', () => {
  test.each([
    ['ami:2026-11-22 14:00:09', '2026-11-22', '14:00:09'],
    ['ari:2026-11-22T14:00:09.684+0500', '2026-11-22', '14:00:09'],
    [undefined, '', ''],
  ])('CoreStatus has its own startup time, %s, as it prints it itself', async (startup, date, time) => {
    const { port } = await serve({ cache: cacheOf([pbxNamed('pbx-a', { startup })], []) });
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    expect(await client.ask('Action: CoreStatus')).toContain(
      `\r\nCoreStartupDate: ${date}\r\nCoreStartupTime: ${time}\r\nCoreReloadDate: \r\n`,
    );
  });
  test.each([
    ['SIDE,NOPE', ['SIDE=1', 'NOPE=(null)']],
    ['NOPE,SIDE\nAllVariables: yes', ['NOPE=(null)', 'SIDE=1', 'SIDE=1']],
    ['SIDE\nAllVariables: no', ['SIDE=1']],
    ['CALLERID(NUM),CHANNEL(ChannelType)', ['CALLERID(NUM)=100', 'CHANNEL(ChannelType)=PJSIP']],
    ['callerid(num),CHANNEL(nope),F(x)', ['callerid(num)=', 'CHANNEL(nope)=', 'F(x)=']],
  ])('Status tells the variables %j as Asterisk does', async (names, told) => {
    const channel = channelOf('pbx-a', '1.1', { callerNumber: '100', variables: { SIDE: '1' } });
    const { port } = await serve({ cache: cacheOf([pbxNamed('pbx-a')], [channel]) });
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    const answer = await client.ask(`Action: Status\nVariables: ${names}`, 'Items: 1\r\n\r\n');
    expect(answer).toContain(`${told.map((one) => `Variable: ${one}\r\n`).join('')}\r\n`);
  });
});

describe('several PBXs', () => {
  test('a user who sees all is told of which PBX each channel is, and which are stale', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    const answer = await client.ask(
      'Action: CoreShowChannels\nActionID: c',
      'ListItems: 2\r\nStalePbxs: pbx-b\r\n\r\n',
    );
    expect(answer).toContain('BridgeId: \r\nSystemName: pbx-a\r\n\r\n');
    expect(answer).toContain('BridgeId: \r\nSystemName: pbx-b\r\nStale: yes\r\n\r\n');
    expect(answer).toContain('CallerIDName: Zoë \\"Q\\"\r\n');
  });
  test('a user of one PBX sees it alone, as Asterisk would show it', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.ask(login('a'), 'Fully Booted\r\n\r\n');
    const answer = await client.ask('Action: CoreShowChannels', 'ListItems: 1\r\n\r\n');
    expect(answer).not.toMatch(/pbx-b|PJSIP\/b|SystemName|Stale/);
    expect(await client.ask('Action: Status\nChannel: PJSIP/b-1')).toContain('No such channel');
  });
  test('SystemName asks for one of them, as if there were no other; of one that is not there, or not seen, it is an error', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    const answer = await client.ask('Action: CoreShowChannels\nSystemName: pbx-a', 'ListItems: 1\r\n\r\n');
    expect(answer).not.toMatch(/pbx-b|PJSIP\/b|SystemName|Stale/);
    expect(await client.ask('Action: Status\nChannel: PJSIP/b-1\nSystemName: pbx-a')).toContain('No such channel');
    expect(await client.ask('Action: CoreSettings\nSystemName: pbx-b')).toContain('SystemName: pbx-b\r\n');
    const own = await amiClient(port);
    await own.ask(login('a'), 'Fully Booted\r\n\r\n');
    for (const [asking, unknown] of [
      [client, 'nope'],
      [own, 'pbx-b'],
    ] as const) {
      for (const action of [
        'CoreShowChannels',
        'Status',
        'CoreStatus',
        'CoreSettings',
        'Command\nCommand: core show channels',
      ]) {
        expect(await asking.ask(`Action: ${action}\nSystemName: ${unknown}\nActionID: 1`)).toBe(
          `Response: Error\r\nActionID: 1\r\nMessage: No such PBX: ${unknown}\r\n\r\n`,
        );
      }
    }
    expect(await client.ask('Action: Ping\nSystemName: nope')).toContain('Pong');
  });
  test('nobody can write headers of his own by what he dials', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    const answer = await client.ask('Action: Status', 'Items: 2\r\nStalePbxs: pbx-b\r\n\r\n');
    expect(answer).not.toContain('\nEvent: Forged');
  });
  test('a count, and a map, say too that what they tell may be over', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    expect(await client.ask('Action: CoreStatus')).toMatch(/CoreProcessedCalls: \r\nStalePbxs: pbx-b\r\n\r\n$/);
    expect(await client.ask('Action: CoreStatus\nSystemName: pbx-a')).not.toContain('Stale');
    const map = await client.ask('Action: CoreShowChannelMap\nChannel: PJSIP/b-1', 'ListItems: 0\r\nStalePbxs: pbx-b');
    expect(map).toContain('Channel map will follow\r\nStalePbxs: pbx-b\r\n\r\n');
  });
  test.each([
    ['22.10.1', '22.10.1', '22.10.1'],
    ['22.10.1', '16.28.0', ''],
  ])('CoreSettings says the version that all have: %s and %s', async (first, second, said) => {
    const pbxs = [pbxNamed('pbx-a', { version: first }), pbxNamed('pbx-b', { version: second })];
    const { port } = await serve({ cache: cacheOf(pbxs, []) });
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    expect(await client.ask('Action: CoreSettings')).toContain(`\r\nAsteriskVersion: ${said}\r\nSystemName: \r\n`);
  });
  test('a channel that is stale for too long is in no answer, and its PBX is named all the same', async () => {
    const { port } = await serve({ staleAfter: 1000 });
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    expect(await client.ask('Action: Status\nChannel: PJSIP/b-1')).toContain('No such channel');
    const answer = await client.ask('Action: CoreShowChannels', 'ListItems: 1\r\nStalePbxs: pbx-b\r\n\r\n');
    expect(answer).not.toContain('PJSIP/b-1');
  });
  test('with staleAnswers refuse what tells channels of a lost PBX is an error, and the rest goes on', async () => {
    const { port } = await serve({ staleAnswers: 'refuse' });
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    expect(await client.ask('Action: CoreShowChannels')).toBe(
      'Response: Error\r\nMessage: The connection to pbx-b is lost\r\n\r\n',
    );
    expect(await client.ask('Action: Ping')).toContain('Ping: Pong');
  });
});
