import { expect, test } from 'vitest';
import { amiClient, serveAmi } from '../testing/ami-served.ts';
import { cacheOf, pbxNamed } from '../testing/served.ts';

test('the log has who logged in and from where a login was refused, and nothing that was shown for it', async () => {
  const log: unknown[] = [];
  const logger = {
    debug: (...line: unknown[]) => log.push(['debug', ...line]),
    info: (...line: unknown[]) => log.push(['info', ...line]),
  };
  const served = await serveAmi({ cache: cacheOf([pbxNamed('pbx-a')], []), logger });
  for (const secret of ['s', 'hunter2']) {
    const client = await amiClient(served.port);
    await client.until('\r\n');
    await client.ask(`Action: Login\nUsername: u\nSecret: ${secret}\nEvents: off`);
    client.socket.destroy();
  }
  await served.close();
  expect(log).toEqual([
    ['debug', { address: '127.0.0.1', user: 'u' }, 'AMI: logged in'],
    ['info', { address: '127.0.0.1', code: expect.any(String) }, 'AMI: login refused'],
  ]);
  expect(JSON.stringify(log)).not.toContain('hunter2');
});
