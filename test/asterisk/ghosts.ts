import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectJudge, type Headers, type Judge } from './judge.ts';
import type { Pbx } from './pbx.ts';

const patienceMs = 20_000;
/** A masquerade copies a channel's name through a buffer of 80 bytes. */
const cutLength = 79;

/**
 * Makes Asterisk list channels that no longer exist: `CoreShowChannels` and the CLI list them for ever, `Status` and ARI do not.
 * Seen with 22.10.1 and 16.28. A Local channel with a name of more than 79 characters and without a dialplan is redirected, so
 * Asterisk masquerades it and cuts its name; when it hangs up, the entry under the full name stays. Returns the names of the `n`
 * ghosts; other channels of the PBX are left alone. Only a restart of Asterisk removes them.
 */
export async function makeGhosts(pbx: Pbx, n: number): Promise<readonly string[]> {
  const judge = await connectJudge(pbx.ami);
  // The extension pattern is _qq. and a number tells these channels from all others.
  const batch = `Local/qq${String(randomInt(1_000_000)).padStart(6, '0')}`;
  const ours = (channels: readonly Headers[]) => channels.map(name).filter((channel) => channel.startsWith(batch));
  try {
    for (let i = 0; i < n; i += 1) {
      const exten = `${batch}${String(i).padStart(4, '0')}`.padEnd('Local/'.length + 77, 'q');
      const { response } = await judge.originate(`${exten}@default/n`, { Application: 'Echo' });
      if (response.Response !== 'Success')
        throw new Error(`${pbx.systemname} refused to originate: ${response.Message}`);
    }
    const up = (channels: readonly Headers[]) => ours(channels.filter((channel) => channel.ChannelStateDesc === 'Up'));
    const begun = await until(judge, `${n} calls are up`, (channels) => up(channels).length === 2 * n);
    for (const first of ours(begun).filter((channel) => channel.endsWith(';1'))) await judge.redirect(first, 'echo');
    const cut = (channels: readonly Headers[]) => ours(channels).filter((channel) => channel.length === cutLength);
    await until(judge, `${n} names are cut`, (channels) => cut(channels).length === n);
    await judge.hangup(`/^${batch.replace('/', '.')}.*$/`);
    await until(judge, 'all are hung up', (channels) => ours(channels).length === 0);
    // Status lets go of a channel a moment before the cache does: what is left for good are the full names of the first halves.
    const orphaned = (channels: readonly Headers[]) => {
      const names = ours(channels);
      return names.length === n && names.every((channel) => channel.endsWith(';1'));
    };
    const ghosts = ours(await until(judge, `${n} ghosts are listed`, orphaned, judge.coreShowChannels));
    return ghosts;
  } finally {
    judge.close();
  }
}

function name(channel: Headers): string {
  return channel.Channel ?? '';
}

async function until(
  judge: Judge,
  what: string,
  holds: (channels: readonly Headers[]) => boolean,
  list = judge.status,
): Promise<readonly Headers[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const channels = await list();
    if (holds(channels)) return channels;
    if (performance.now() > deadline) throw new Error(`ghosts: not seen in ${patienceMs} ms that ${what}`);
    await delay(20);
  }
}
