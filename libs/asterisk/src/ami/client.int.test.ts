import { createHash } from 'node:crypto';
import type { Observation } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { captured } from './captures.fixture.ts';
import {
  type Answers,
  BANNER,
  failure,
  listEnd,
  listItem,
  message,
  type Peer,
  startAmi,
  startPeer,
  success,
} from './scripted-ami.fixture.ts';
import { type AmiSourceOptions, amiSource } from './source.ts';

const SECRET = 'not-to-be-seen';
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const connectTo = (port: number, options: Partial<AmiSourceOptions> = {}) => {
  const observed: Observation[] = [];
  const abort = new AbortController();
  cleanups.push(() => abort.abort());
  const source = amiSource({
    host: '127.0.0.1',
    port,
    user: 'rollcall',
    secret: SECRET,
    variables: [],
    world: systemWorld,
    connectTimeoutMs: 300,
    answerTimeoutMs: 300,
    listTimeoutMs: 300,
    ...options,
  });
  const connecting = source.connect({ observe: (batch) => observed.push(...batch), signal: abort.signal });
  connecting.catch(() => {});
  return { source, connecting, observed, abort };
};

const ami = async (answers?: Answers) => {
  const server = await startAmi(answers);
  cleanups.push(server.stop);
  return server;
};

const peer = async (onConnection: (peer: Peer) => void) => {
  const server = await startPeer(onConnection);
  cleanups.push(server.stop);
  return server;
};

const failureOf = async (promise: Promise<unknown>): Promise<{ code: string; line: string }> => {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toMatchObject({ code: expect.any(String), line: expect.any(String) });
  const { code, line } = error as { code: string; line: string };
  expect(line).not.toContain(SECRET);
  expect(line).not.toContain('\n');
  return { code, line };
};

describe('connecting', () => {
  test('logs in by challenge, asks for events last, and knows version and startup', async () => {
    const server = await ami();
    const { connecting, observed } = connectTo(server.port);
    const connection = await connecting;
    expect(connection).toMatchObject({ version: '22.10.1', startup: 'ami:2026-11-22 15:31:44' });
    expect(server.received.map(({ Action }) => Action)).toEqual([
      'Challenge',
      'Login',
      'ListCommands',
      'CoreStatus',
      'CoreSettings',
      'Events',
    ]);
    const login = server.received[1];
    expect(login).toMatchObject({ Username: 'rollcall', AuthType: 'MD5', Events: 'system' });
    expect(login?.Key).toBe(createHash('md5').update(`12345${SECRET}`).digest('hex'));
    expect(server.received[5]).toMatchObject({ EventMask: 'system,call,dialplan' });
    expect(JSON.stringify(server.received)).not.toContain(SECRET);
    expect(observed.map(({ kind }) => kind)).toEqual(['connection', 'uptime', 'startup']);
  });

  test('logs in plainly when told to, or when no challenge is offered', async () => {
    const offered = await ami();
    await connectTo(offered.port, { plain: true }).connecting;
    expect(offered.received[0]).toMatchObject({ Action: 'Login', Secret: SECRET });
    const unoffered = await ami({ Challenge: (action, { say }) => say(failure(action, 'Must specify AuthType')) });
    await connectTo(unoffered.port).connecting;
    expect(unoffered.received[1]).toMatchObject({ Action: 'Login', Secret: SECRET });
  });

  test('lets no user or secret say more than it should', async () => {
    const server = await ami();
    await connectTo(server.port, { user: 'a\r\nEvents: on', secret: 'b\r\n\r\nAction: Originate', plain: true })
      .connecting;
    expect(server.received[0]).toMatchObject({ Username: 'a  Events: on', Events: 'system' });
    expect(server.received.map(({ Action }) => Action)).not.toContain('Originate');
  });

  test.each(['user', 'root'])('names the user that was refused, and never the secret: %s', async (user) => {
    const server = await ami({
      Login: (action, { say, socket }) => {
        say(failure(action, 'Authentication failed'));
        socket.end();
      },
    });
    const { code, line } = await failureOf(connectTo(server.port, { user }).connecting);
    expect(code).toBe('PBX_LOGIN_REFUSED');
    expect(line).toContain(`ami://127.0.0.1:${server.port} refused user "${user}"`);
  });

  test('takes a banner that drips in, and one that comes with more behind it', async () => {
    const server = await peer(({ say, socket }) => {
      for (const letter of BANNER.slice(0, -1)) say(letter);
      setImmediate(() => say(`\n${message('Event: FullyBooted\nUptime: 3')}`));
      socket.on('data', () => socket.destroy());
    });
    const { connecting, observed } = connectTo(server.port);
    expect((await failureOf(connecting)).code).toBe('PBX_CONNECTION_LOST');
    expect(observed).toEqual([{ kind: 'connection', source: 'ami', version: '11.0.0' }]);
  });
});

describe('a peer that is not Asterisk is told in one line', () => {
  const cases: [string, (peer: Peer) => void, RegExp, RegExp][] = [
    ['SSH', ({ say }) => say('SSH-2.0-OpenSSH_9.6\r\n'), /^PBX_NOT_ASTERISK$/, /it says "SSH-2\.0-OpenSSH_9\.6"/],
    [
      'HTTP',
      ({ say }) => say('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /^PBX_NOT_ASTERISK$/,
      /it says "HTTP\/1\.1 400 Bad Request"/,
    ],
    ['binary', ({ say }) => say('\x16\x03\x01\x00'), /^PBX_NOT_ASTERISK$/, /it says "\.\.\.\."/],
    ['silence', () => {}, /^PBX_NOT_ASTERISK$/, /it says nothing/],
    ['a slow drip', ({ say }) => say('Aster'), /^PBX_NOT_ASTERISK$/, /it says no more than "Aster"/],
    ['a line without end', ({ say }) => say(BANNER.trim() + '9'.repeat(200)), /^PBX_NOT_ASTERISK$/, /has no end/],
    ['a closed door', ({ socket }) => socket.end(), /^PBX_CONNECTION_LOST$/, /closed before the PBX said anything/],
    ['a reset', ({ socket }) => socket.resetAndDestroy(), /^PBX_(CONNECTION_LOST|UNREACHABLE)$/, /reset/],
  ];
  test.each(cases)('%s', async (_, onConnection, code, said) => {
    const server = await peer(onConnection);
    const error = await failureOf(connectTo(server.port).connecting);
    expect(error.code).toMatch(code);
    expect(error.line).toMatch(said);
  });

  test('nobody there', async () => {
    const server = await peer(() => {});
    server.stop();
    expect(await failureOf(connectTo(server.port).connecting)).toMatchObject({
      code: 'PBX_UNREACHABLE',
      line: expect.stringContaining('the connection was refused'),
    });
  });

  test('TLS to a port without it', async () => {
    const server = await ami();
    const { source, connecting } = connectTo(server.port, { tls: {} });
    expect(source.address).toBe(`amis://127.0.0.1:${server.port}`);
    expect(await failureOf(connecting)).toMatchObject({
      code: 'PBX_TLS',
      line: expect.stringContaining('the port does not speak TLS'),
    });
  });

  test('TLS to a port that says nothing, or hangs up', async () => {
    const silent = await peer(() => {});
    expect((await failureOf(connectTo(silent.port, { tls: {} }).connecting)).code).toBe('PBX_TLS');
    const closed = await peer(({ socket }) => socket.end());
    expect((await failureOf(connectTo(closed.port, { tls: {} }).connecting)).code).toBe('PBX_TLS');
  });
});

describe('permissions', () => {
  const commands = (names: string[]): Answers => ({
    ListCommands: (action, { say }) =>
      say(success(action, names.map((name) => `\n${name}: x  (Priv: <none>)`).join(''))),
  });
  const showUser = (read: string): Answers => ({
    ...commands(['Status', 'CoreStatus', 'Command']),
    Command: (action, { say }) =>
      say(
        success(
          action,
          `\nMessage: Command output follows\nOutput:        username: rollcall\nOutput:        read perm: ${read}\nOutput:       write perm: all`,
        ),
      ),
  });

  test('that are missing for lists are named', async () => {
    const error = await failureOf(connectTo((await ami(commands(['Ping']))).port).connecting);
    expect(error.code).toBe('PBX_PERMISSION_MISSING');
    expect(error.line).toContain('write=reporting (for Status, CoreStatus)');
  });

  test('that are missing for events are named where the PBX tells', async () => {
    const error = await failureOf(connectTo((await ami(showUser('system,call,log'))).port).connecting);
    expect(error).toMatchObject({
      code: 'PBX_PERMISSION_MISSING',
      line: expect.stringContaining('lacks: read=dialplan.'),
    });
  });

  test('that are all there give no warning; what cannot be checked gives one', async () => {
    const checked = await ami(showUser('system,call,dialplan'));
    expect((await connectTo(checked.port).connecting).warnings).toEqual([]);
    expect((await connectTo((await ami(showUser('all'))).port).connecting).warnings).toEqual([]);
    const unchecked = await connectTo((await ami()).port).connecting;
    expect(unchecked.warnings).toEqual([expect.stringContaining('read=call,dialplan cannot be checked')]);
  });

  test.each([
    ['system,call,dialplan', []],
    ['system, call', [expect.stringContaining('does not give the AMI user read=dialplan')]],
    ['', [expect.stringContaining('read=call,dialplan cannot be checked')]],
  ])('that only manager.conf tells are taken from there: "%s"', async (read, warnings) => {
    const server = await ami({
      ...commands(['Status', 'CoreStatus', 'Getvar']),
      Getvar: (action, { say }) => say(success(action, `\nVariable: x\nValue: ${read}`)),
    });
    expect((await connectTo(server.port).connecting).warnings).toEqual(warnings);
    expect(server.received.filter(({ Action }) => Action === 'Getvar').map(({ Variable }) => Variable)).toEqual([
      'AST_CONFIG(manager.conf,rollcall,read,-1)',
    ]);
  });

  test('do not let a user name become a command', async () => {
    const server = await ami({ ...showUser('none'), ...commands(['Status', 'CoreStatus', 'Command', 'Getvar']) });
    const { warnings } = await connectTo(server.port, { user: 'a b; core stop now' }).connecting;
    for (const action of ['Command', 'Getvar'])
      expect(server.received.map(({ Action }) => Action)).not.toContain(action);
    expect(warnings).toHaveLength(1);
  });

  test('without class system, or while Asterisk starts, no FullyBooted comes: a warning', async () => {
    const server = await ami({ Login: (action, { say }) => say(success(action)) });
    expect((await connectTo(server.port).connecting).warnings).toContainEqual(
      expect.stringContaining('no FullyBooted'),
    );
  });
});

describe('a list', () => {
  const withStatus = (Status: NonNullable<Answers['Status']>) => ami({ Status });
  const channelEvent = message('Event: Newstate\nTimestamp: 1.0\nChannel: SIP/x\nUniqueid: 7.7');

  test('is observed in its place among the events, complete with one channel too, before list() resolves', async () => {
    const server = await withStatus((action, { say }) =>
      say(
        success(action, '\nEventList: start') +
          listItem(action, '1.1') +
          channelEvent +
          listEnd(action, 1) +
          channelEvent,
      ),
    );
    const { connecting, observed } = connectTo(server.port);
    const connection = await connecting;
    observed.length = 0;
    await connection.list();
    expect(observed.map(({ kind }) => kind)).toEqual(['changed', 'list', 'changed']);
    expect(observed[1]).toMatchObject({ list: { authority: 'real', complete: true, channels: [{ uniqueid: '1.1' }] } });
  });

  test('with a wrong count is observed as incomplete', async () => {
    const server = await withStatus((action, { say }) =>
      say(success(action) + listItem(action, '1.1') + listItem(action, '1.2') + listEnd(action, 3)),
    );
    const { connecting, observed } = connectTo(server.port);
    await (await connecting).list();
    expect(observed.at(-1)).toMatchObject({ kind: 'list', list: { complete: false } });
  });

  test('that was not asked for is not observed', async () => {
    const server = await ami();
    const { connecting, observed } = connectTo(server.port);
    const connection = await connecting;
    const foreign = { ActionID: 'somebody-else' };
    server.peers[0]?.say(listItem(foreign, '1.1') + listItem(foreign, '1.2') + listEnd(foreign, 2) + channelEvent);
    await vi.waitFor(() => expect(observed.at(-1)?.kind).toBe('changed'));
    await connection.list();
    expect(observed.filter(({ kind }) => kind === 'list')).toEqual([
      { kind: 'list', source: 'ami', list: { authority: 'real', channels: [], complete: true } },
    ]);
  });

  test('that breaks off with the connection fails, and so does everything asked afterwards', async () => {
    const server = await withStatus((action, { say, socket }) => {
      say(success(action) + listItem(action, '1.1'));
      socket.end();
    });
    const { connecting, observed } = connectTo(server.port);
    const connection = await connecting;
    expect((await failureOf(connection.list())).code).toBe('PBX_CONNECTION_LOST');
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
    expect((await failureOf(connection.list())).code).toBe('PBX_CONNECTION_LOST');
    expect((await failureOf(connection.look('1.1'))).code).toBe('PBX_CONNECTION_LOST');
    expect(observed.map(({ kind }) => kind)).not.toContain('list');
  });

  test('that never ends fails in time, while events go on', async () => {
    const server = await withStatus((action, { say }) => say(success(action) + listItem(action, '1.1') + channelEvent));
    const { connecting, observed } = connectTo(server.port);
    const connection = await connecting;
    expect((await failureOf(connection.list())).code).toBe('PBX_NO_ANSWER');
    expect(observed.at(-1)?.kind).toBe('changed');
  });
});

describe('a look at one channel', () => {
  const server = () =>
    ami({
      Status: (action, { say }) => {
        if (action.Channel === 'gone') return say(failure(action, 'No such channel'));
        if (action.Channel === 'forbidden') return say(failure(action, 'Permission denied'));
        if (action.Channel === 'silent') return undefined;
        const uniqueid = action.Channel === 'SIP/name' ? '9.9' : (action.Channel ?? '');
        return say(success(action) + listItem(action, uniqueid) + listEnd(action, 1));
      },
    });

  test('finds it, or says that there is none, and is no list', async () => {
    const { connecting, observed } = connectTo((await server()).port);
    const connection = await connecting;
    const [found, gone] = await Promise.all([connection.look('1.1'), connection.look('gone')]);
    expect(found).toMatchObject({ uniqueid: '1.1', facts: { name: 'SIP/1.1' } });
    expect(gone).toBeUndefined();
    expect(observed.map(({ kind }) => kind)).not.toContain('list');
  });

  test('takes no other channel for it: Asterisk searches names too, and lists all for an empty one', async () => {
    const asked = await server();
    const connection = await connectTo(asked.port).connecting;
    expect(await connection.look('SIP/name')).toBeUndefined();
    expect(await connection.look('')).toBeUndefined();
    expect(asked.received.filter(({ Action }) => Action === 'Status')).toHaveLength(1);
  });

  test('that is refused or not answered does not mean that there is none', async () => {
    const connection = await connectTo((await server()).port).connecting;
    expect((await failureOf(connection.look('forbidden'))).code).toBe('PBX_PERMISSION_MISSING');
    expect((await failureOf(connection.look('silent'))).code).toBe('PBX_NO_ANSWER');
  });
});

describe('a connection', () => {
  test('observes a whole feed as fast as it comes, equal to its recording (a22-masq)', async () => {
    const server = await ami();
    const { connecting, observed } = connectTo(server.port);
    await connecting;
    observed.length = 0;
    const feed = captured('a22-masq');
    server.peers[0]?.socket.write(feed.subarray(feed.indexOf('Event: Newchannel')));
    await vi.waitFor(() => expect(observed.filter(({ kind }) => kind === 'destroyed')).toHaveLength(28));
    expect(observed.filter(({ kind }) => kind === 'created')).toHaveLength(28);
  });

  test('over which nothing comes any more is ended', async () => {
    const server = await ami({ Ping: () => {} });
    const connection = await connectTo(server.port, { keepAliveMs: 10 }).connecting;
    expect((await connection.closed).line).toContain('the PBX no longer answers');
  });

  test('over which only pings go lives on', async () => {
    const server = await ami();
    const connection = await connectTo(server.port, { keepAliveMs: 1 }).connecting;
    await vi.waitFor(() => expect(server.received.filter(({ Action }) => Action === 'Ping').length).toBeGreaterThan(5));
    await connection.list();
  });

  test('that is closed says goodbye, leaves no socket, and tells that it was us', async () => {
    const server = await ami();
    const connection = await connectTo(server.port).connecting;
    connection.close();
    expect((await connection.closed).line).toContain('Rollcall closed it');
    expect(server.received.at(-1)).toMatchObject({ Action: 'Logoff' });
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });

  test('that fails to log in leaves no socket either', async () => {
    const server = await ami({ CoreStatus: (action, { say }) => say(failure(action, 'Permission denied')) });
    await failureOf(connectTo(server.port).connecting);
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });

  test('can be given up at any time', async () => {
    const silent = await peer(() => {});
    const early = connectTo(silent.port);
    early.abort.abort();
    expect((await failureOf(early.connecting)).code).toBe('PBX_CONNECTION_LOST');
    const unanswered = await ami({ Challenge: () => {} });
    const midway = connectTo(unanswered.port);
    await vi.waitFor(() => expect(unanswered.received).toHaveLength(1));
    midway.abort.abort();
    expect((await failureOf(midway.connecting)).code).toBe('PBX_CONNECTION_LOST');
    const late = connectTo((await ami()).port);
    const connection = await late.connecting;
    late.abort.abort();
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
  });
});
