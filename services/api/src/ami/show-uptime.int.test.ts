import { afterEach, describe, expect, test } from 'vitest';
import { amiClient, NOW, serveAmi } from '../testing/ami-served.ts';
import { cacheOf, pbxNamed } from '../testing/served.ts';

let served: Awaited<ReturnType<typeof serveAmi>> | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

/** What is printed for a PBX that started so many seconds ago; one that has not said so, where it is left out. */
const printed = async (command: string, uptime?: number, names = ['pbx-a']): Promise<string[]> => {
  const begun =
    uptime === undefined ? undefined : `ari:${new Date(NOW - uptime * 1000).toISOString().slice(0, 19)}+0000`;
  const pbxs = names.map((name) => pbxNamed(name, { startup: begun }));
  served = await serveAmi({ cache: cacheOf(pbxs, []) });
  const client = await amiClient(served.port);
  await client.ask('Action: Login\nUsername: u\nSecret: s\nEvents: off');
  const answer = await client.ask(`Action: Command\nCommand: ${command}`);
  return answer.split('\r\n').filter((line) => /^(Response|Output): /.test(line));
};

describe('core show uptime prints what Asterisk prints', () => {
  test.each([
    [1, '1 second'],
    [61, '1 minute, 1 second'],
    [7200, '2 hours'],
    [788_645, '1 week, 2 days, 3 hours, 4 minutes, 5 seconds'],
  ])('%i seconds', async (uptime, told) => {
    const output = [`Output: System uptime: ${told}`, `Output: Last reload: ${told}`];
    expect(await printed('core show uptime', uptime)).toEqual(['Response: Success', ...output]);
  });

  test('in seconds alone', async () => {
    const output = ['Output: System uptime: 61', 'Output: Last reload: 61'];
    expect(await printed('core show uptime SECONDS', 61)).toEqual(['Response: Success', ...output]);
  });

  test.each([
    ['one that has not said when it started', undefined, ['pbx-a']],
    ['several', 61, ['pbx-a', 'pbx-b']],
  ])('of %s there is none', async (_of, uptime, names) => {
    const [response, output] = await printed('core show uptime', uptime, names);
    expect(response).toBe('Response: Error');
    expect(output).toContain("No such command 'core show uptime'");
  });
});
