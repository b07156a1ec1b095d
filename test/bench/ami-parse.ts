// Bytes of a real AMI feed, parsed: Rollcall's parser and observer beside the parsers of the npm AMI clients and a bare string split.
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createAmiObserver } from '@rollcall/asterisk';

export type BenchResult = { name: string; value: number; unit: string; of?: string; ratio?: number };

/** Takes the whole feed in pieces; resolves with the number of messages that came out. */
type Contender = { name: string; run: (chunks: readonly Buffer[]) => number | Promise<number> };

const CAPTURE = new URL('../captures/a22-load/ami.raw.gz', import.meta.url);
const CHUNK_BYTES = 64 * 1024;
const ROUNDS = 7;

const require = createRequire(import.meta.url);

/** What a parser costs that does no more than it must: the limit for any that makes an object of strings. */
const split: Contender = {
  name: 'string split',
  run: (chunks) => {
    let messages = 0;
    let rest = '';
    for (const chunk of chunks) {
      const blocks = (rest + chunk.toString('latin1')).split('\r\n\r\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const headers: Record<string, string> = {};
        for (const line of block.split('\r\n')) {
          const colon = line.indexOf(': ');
          if (colon > 0) headers[line.slice(0, colon)] = line.slice(colon + 2);
        }
        if (headers.Event) messages++;
      }
    }
    return messages;
  },
};

const rollcall = (name: string, variables: readonly string[]): Contender => ({
  name,
  run: (chunks) => {
    const observer = createAmiObserver({ variables });
    let observations = 0;
    for (const chunk of chunks) observations += observer.push(chunk).length;
    if (observations === 0) throw new Error('Rollcall observed nothing');
    return observer.counters.messages;
  },
});

const yana = (): Contender => {
  const Ami = require('yana');
  return {
    name: 'yana 0.3.0',
    run: (chunks) => {
      let messages = 0;
      const ami = new Ami({});
      const LineSocket = requireBeside('yana', './line-socket');
      ami.socket = new LineSocket();
      ami.on('event', () => messages++);
      ami._setupMessageBuffering();
      for (const chunk of chunks) ami.socket.emit('data', chunk);
      return messages;
    },
  };
};

/** Its parser is reached only through a connection: it is given one that is none. It emits on the next tick. */
const asteriskManager = (): Contender => {
  const connect = require('asterisk-manager');
  return {
    name: 'asterisk-manager 0.2.0',
    run: async (chunks) => {
      let messages = 0;
      const connection = Object.assign(new EventEmitter(), {
        setKeepAlive: () => {},
        setNoDelay: () => {},
        setEncoding: () => {},
        readyState: 'open',
      });
      const real = net.createConnection;
      Object.assign(require('node:net'), { createConnection: () => connection });
      const manager = connect();
      manager.connect(1, 'none');
      Object.assign(require('node:net'), { createConnection: real });
      manager.on('managerevent', () => messages++);
      for (const chunk of chunks) {
        connection.emit('data', chunk);
        await nextTurn();
      }
      return messages;
    },
  };
};

const asteriskAmiClient = (): Contender => {
  const EventsStream = requireBeside('asterisk-ami-client', 'asterisk-ami-events-stream');
  return {
    name: 'asterisk-ami-client 1.1.5',
    run: async (chunks) => {
      let messages = 0;
      const stream = new EventsStream();
      stream.on('amiEvent', () => messages++);
      stream.resume();
      for (const chunk of chunks) {
        await new Promise((resolve) => stream.write(chunk, resolve));
      }
      return messages;
    },
  };
};

const requireBeside = (module: string, path: string) => createRequire(require.resolve(module))(path);

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Without the packages (devDependencies of the tests) there is nothing to compare with, and that is said. */
const installed = (make: () => Contender): Contender[] => {
  try {
    return [make()];
  } catch (error) {
    console.error(`left out: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    return [];
  }
};

/**
 * Events and bytes a second, median of interleaved rounds, on the bytes of a busy Asterisk 22 with every event class on, in pieces
 * of 64 KiB. `ratio`: how often Rollcall does it in the time that `of` takes once; the first names the fastest npm client.
 */
export const benchAmiParse = async (): Promise<BenchResult[]> => {
  const bytes = gunzipSync(readFileSync(CAPTURE));
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  const clients = [yana, asteriskManager, asteriskAmiClient].flatMap(installed);
  const ours = rollcall('Rollcall', []);
  const contenders = [ours, rollcall('Rollcall, every variable watched', variablesIn(bytes)), split, ...clients];

  const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const messages = new Map<string, number>();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, run } of contenders) {
      globalThis.gc?.();
      const start = performance.now();
      messages.set(name, await run(chunks));
      // The first round warms up.
      if (round > 0) seconds.get(name)?.push((performance.now() - start) / 1000);
    }
  }

  const time = (name: string) => median(seconds.get(name) ?? []);
  const results: BenchResult[] = [];
  for (const { name } of contenders) {
    const ratio = { of: name, ratio: time(name) / time(ours.name) };
    results.push(
      { name: `${name}: events`, value: (messages.get(name) ?? 0) / time(name), unit: 'events/s', ...ratio },
      { name: `${name}: bytes`, value: bytes.length / time(name), unit: 'bytes/s', ...ratio },
    );
  }
  const fastest = clients.toSorted((a, b) => time(a.name) - time(b.name))[0];
  if (fastest) {
    results.unshift({
      name: 'Rollcall beside the fastest npm client',
      value: bytes.length / time(ours.name),
      unit: 'bytes/s',
      of: fastest.name,
      ratio: time(fastest.name) / time(ours.name),
    });
  }
  return results;
};

const variablesIn = (bytes: Buffer): string[] => [
  ...new Set(bytes.toString('latin1').match(/(?<=\r\nVariable: )[^\r]+/g) ?? []),
];

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

if (import.meta.main) {
  for (const { name, value, unit, ratio, of } of await benchAmiParse()) {
    const shown =
      unit === 'bytes/s' ? `${(value / 1e6).toFixed(1)} MB/s` : `${Math.round(value).toLocaleString('en')} ${unit}`;
    console.log(`${name.padEnd(46)} ${shown.padStart(20)}  ${ratio ? `${ratio.toFixed(2)} x ${of}` : ''}`);
  }
}
