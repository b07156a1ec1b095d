import { position } from '@rollcall/channel';
import { afterEach, describe, expect, test } from 'vitest';
import { amiClient, serveAmi } from '../testing/ami-served.ts';
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
  test('a wrong secret is answered with "Authentication failed", and the connection ends', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.until('\r\n');
    expect(await client.ask('Action: Login\nUsername: u\nSecret: wrong\nActionID: 3')).toBe(
      'Response: Error\r\nActionID: 3\r\nMessage: Authentication failed\r\n\r\n',
    );
    await client.closed();
  });
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
  test('nobody can write headers of his own by what he dials', async () => {
    const { port } = await serve();
    const client = await amiClient(port);
    await client.ask(login(), 'Fully Booted\r\n\r\n');
    const answer = await client.ask('Action: Status', 'Items: 2\r\nStalePbxs: pbx-b\r\n\r\n');
    expect(answer).not.toContain('\nEvent: Forged');
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
