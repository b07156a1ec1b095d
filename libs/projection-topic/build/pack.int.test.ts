import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { describeWithKafka, freshTopics } from '../src/testing/a-kafka.ts';
import { createList } from '../src/testing/a-list.ts';
import { publisherOf } from '../src/testing/ends.ts';

const run = promisify(execFile);
const here = join(import.meta.dirname, '..');
const PATIENT = { timeout: 30_000, interval: 100 };

/** A block of that language in the README, in order. */
const fromReadme = async (language: string): Promise<string> => {
  const readme = await readFile(join(here, 'README.md'), 'utf8');
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? '';
};

const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-downstream-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

/** The package, made and installed as a service downstream does it. */
const installed = async (folder: string): Promise<void> => {
  const packed = await run(process.execPath, [join(here, 'build/pack.ts'), folder]);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', packed.stdout.trim()], { cwd: folder });
};

await describeWithKafka('the package for downstream services', '4', {}, (kafka) => {
  test('is installed in an empty folder, and the lines of the README follow the topic', async () => {
    const folder = await emptyFolder();
    await installed(folder);
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list);
    await publisher.publish(list.put('7.1'));

    const lines = await fromReadme('js');
    expect(lines.trim().split('\n').length).toBeLessThanOrEqual(10);
    const connection = `brokers: ${JSON.stringify(kafka().bootstrap)}, topics: ${JSON.stringify(topics)}`;
    await writeFile(join(folder, 'follow.js'), lines.replace("brokers: ['localhost:9092']", connection));
    const service = spawn(process.execPath, ['follow.js'], { cwd: folder });
    onTestFinished(() => void service.kill());
    let said = '';
    for (const stream of [service.stdout, service.stderr]) stream.on('data', (text) => (said += text));

    await vi.waitFor(() => expect(said).toBe('live PJSIP/7.1\n'), PATIENT);
    await publisher.publish(list.put('7.1', { state: 6 }));
    await publisher.publish(list.put('7.2'));
    await publisher.publish(list.end('7.1'));
    await vi.waitFor(() => expect(said.trim().split('\n')).toHaveLength(4), PATIENT);
    expect(said.trim().split('\n').sort()).toEqual([
      'changed PJSIP/7.1 undefined 6',
      'created PJSIP/7.2',
      'destroyed PJSIP/7.1',
      'live PJSIP/7.1',
    ]);

    await writeFile(join(folder, 'wrong.js'), lines.replace('channel.name', 'channel.nom'));
    await writeFile(join(folder, 'console.d.ts'), 'declare const console: { log: Function; error: Function };');
    const settings = ['--module', 'nodenext', '--strict', '--noEmit', '--checkJs', '--skipLibCheck', '--lib', 'esnext'];
    const compile = (file: string) => run('tsc', [...settings, '--types', '', 'console.d.ts', file], { cwd: folder });
    await compile('follow.js');
    const complaint = { stdout: expect.stringMatching(/wrong\.js.*Property 'nom' does not exist/) };
    await expect(compile('wrong.js')).rejects.toMatchObject(complaint);
    const files = await readdir(join(folder, 'node_modules/@rollcall/channel-view'), { recursive: true });
    expect(files.filter((name) => /(?<!\.d)\.ts$/.test(name))).toEqual([]);
  }, 120_000);

  test('is not needed: kcat and awk, as in the README and as in the example, print the live channels', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list);
    for (const id of ['7.1', '7.2', '7.3']) await publisher.publish(list.put(id));
    await publisher.publish(list.end('7.2'));
    await publisher.publish(list.put('7.3', { callerName: 'a\tb\n"c"' }));
    const expected = [...list.cache.list()].map((channel) => JSON.stringify(channel)).sort();

    const address = kafka().inside.join(',');
    const example = await run('sh', [join(here, 'examples/live-channels.sh'), address, topics.channels]);
    expect(example.stdout.trim().split('\n').sort()).toEqual(expected);
    const command = (await fromReadme('sh'))
      .replace('localhost:9092', address)
      .replace('rollcall.channels', topics.channels);
    const readme = await run('sh', ['-c', command]);
    expect(readme.stdout.trim().split('\n').sort()).toEqual(expected);
  });
});
