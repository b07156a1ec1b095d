import { join } from 'node:path';
import { channelStream, position, revision, START, shapeChannel } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { replay, replayOpen } from '@rollcall/projector';
import { createMemoryCache, readImage, type StateCache, writeImage } from '@rollcall/state-cache';
import { channelLives } from './channel-lives.ts';
import { inDirectory, median, perSecond, type Result, race } from './race.ts';

/** The whole log folded into a fresh cache, beside JSON.parse alone of the same bodies. */
export const benchFold = async ({ events = 1_000_000, rounds = 5 } = {}): Promise<Result[]> =>
  inDirectory(async (dir) => {
    const log = openEmbeddedLog({ dir, world: systemWorld });
    const lives = channelLives(events);
    for (let from = 0; from < lives.length; from += 1_000) {
      const batch = lives.slice(from, from + 1_000);
      await Promise.all(batch.map(({ stream, expected, event }) => log.append(stream, expected, [event])));
    }
    const bodies = lives.map(({ event }) => JSON.stringify(event.data));
    const lines: string[] = [];
    for await (const batch of log.readAll(START)) for (const event of batch) lines.push(JSON.stringify(event));
    const parse = (texts: string[]) => async (): Promise<number> => {
      const since = performance.now();
      let parsed = 0;
      for (const text of texts) if (JSON.parse(text) !== null) parsed++;
      return perSecond(parsed, since);
    };
    const fold = async (): Promise<number> => {
      const since = performance.now();
      await replay(log);
      return perSecond(events, since);
    };
    const name = `fold ${events} events`;
    const results = [
      ...(await race(name, rounds, 'JSON.parse of the data bodies', {
        'the log': fold,
        'JSON.parse of the data bodies': parse(bodies),
      })),
      ...(await race(name, rounds, 'JSON.parse of the events as JSON lines', {
        'the log': fold,
        'JSON.parse of the events as JSON lines': parse(lines),
      })),
    ];
    const since = performance.now();
    const cache = await replayOpen(log);
    results.push({
      name: `open streams alone, ${cache.size} live of ${events} events`,
      value: performance.now() - since,
      unit: 'ms',
    });
    await log.close();
    return results;
  });

const CHANNELS = 100_000;

/** Channels as AMI tells them, parsed from JSON as a log gives them: no text is shared that would not be in life. */
const fill = (cache: StateCache, count: number): void => {
  const puts = new Map<string, ReturnType<typeof shapeChannel>>();
  for (let n = 0; n < count; n++) {
    const uniqueid = `pbx-a-${1_795_360_000 + Math.floor(n / 50)}.${n}`;
    const json = JSON.stringify({
      pbx: 'pbx-a',
      boot: 1,
      uniqueid,
      revision: revision(5),
      position: position(n + 1),
      origin: 'created',
      name: `PJSIP/trunk-${n.toString(16).padStart(8, '0')}`,
      linkedid: uniqueid,
      state: 6,
      callerNumber: `+49301234${n % 10_000}`,
      callerName: `Caller ${n % 5_000}`,
      connectedNumber: `${1_000 + (n % 900)}`,
      connectedName: null,
      language: 'en',
      accountCode: '',
      context: 'from-internal',
      exten: `${2_000 + (n % 900)}`,
      priority: 3,
      application: 'Dial',
      applicationData: `PJSIP/${2_000 + (n % 900)},30`,
      bridge: `8b6ecb61-a46c-4bb2-9417-${n.toString(16).padStart(12, '0')}`,
      created: 1_795_360_000_000 + n,
    });
    const channel = shapeChannel(JSON.parse(json));
    puts.set(channelStream(channel.pbx, channel.boot, channel.uniqueid), channel);
  }
  const pbx = {
    name: 'pbx-a',
    boot: 1,
    startup: undefined,
    connected: true,
    source: 'ami' as const,
    version: undefined,
    recording: false,
    since: 0,
    staleBefore: undefined,
    reconciledAt: undefined,
    revision: revision(0),
    position: position(1),
  };
  cache.commit({ puts, removals: [], pbxs: [pbx], quarantine: new Map(), checkpoint: position(count + 1) });
};

const timed = (unit: string, name: string, count: number, run: () => void): Result => {
  const rates: number[] = [];
  for (let round = 0; round < 7; round++) {
    const since = performance.now();
    run();
    rates.push(perSecond(count, since));
  }
  return { name, value: Math.round(median(rates)), unit };
};

/** Lookups, the list, the memory of 100,000 live channels, and a restart from their image. */
export const benchCache = async (): Promise<Result[]> => {
  const heap = (): number => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const cache = createMemoryCache();
  const before = heap();
  fill(cache, CHANNELS);
  const after = heap();
  const streams = [...cache.entries()].map(([stream]) => stream);
  const uniqueids = [...cache.list()].map(({ uniqueid }) => uniqueid);
  const names = [...cache.list()].map(({ name }) => name);
  let found = 0;
  const results: Result[] = [
    {
      name: `memory of ${CHANNELS} live channels${globalThis.gc ? '' : ' (run node with --expose-gc: this is not after a collection)'}`,
      value: Math.round((after - before) / CHANNELS),
      unit: 'bytes/channel',
    },
    timed('gets/s', 'get by stream', CHANNELS, () => {
      for (const stream of streams) if (cache.get(stream)) found++;
    }),
    timed('gets/s', 'get by PBX and uniqueid', CHANNELS, () => {
      for (const uniqueid of uniqueids) if (cache.byUniqueid('pbx-a', uniqueid)) found++;
    }),
    timed('gets/s', 'get by name', CHANNELS, () => {
      for (const name of names) found += cache.byName('pbx-a', name).length;
    }),
    timed('channels/s', 'list', CHANNELS, () => {
      for (const channel of cache.list()) if (channel.state === 6) found++;
    }),
  ];
  if (found !== 7 * 4 * CHANNELS) throw new Error(`found ${found}`);
  await inDirectory(async (dir) => {
    const path = join(dir, 'image');
    const written = performance.now();
    await writeImage(path, cache, 'log');
    results.push({
      name: `write an image of ${CHANNELS} channels`,
      value: Math.round(performance.now() - written),
      unit: 'ms',
    });
    const read = performance.now();
    const image = await readImage(path, { id: 'log', head: position(CHANNELS + 2), compactedTo: START });
    const again = createMemoryCache();
    if (image) again.commit(image);
    results.push({
      name: `restart from an image of ${again.size} channels`,
      value: Math.round(performance.now() - read),
      unit: 'ms',
    });
  });
  return results;
};
