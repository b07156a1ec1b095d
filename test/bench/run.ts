import { cpus, totalmem } from 'node:os';
import { benchAmiParse } from './ami-parse.ts';
import { benchAppend, benchRead } from './event-log.ts';
import { benchFaces } from './faces.ts';
import { benchGrowth } from './grow.ts';
import { benchKafka } from './kafka.ts';
import { benchLoginTiming } from './login-timing.ts';
import { benchCache, benchFold } from './projection.ts';
import type { Result } from './race.ts';
import { benchRebuildLatency } from './rebuild-latency.ts';
import { benchSse } from './sse.ts';

// Everything that is promised about speed, each beside its limit, in one run: npm run bench [-- --json] [-- --only fold]
const BENCHES: Record<string, () => Promise<Result[]>> = {
  ami: benchAmiParse,
  append: benchAppend,
  read: benchRead,
  fold: benchFold,
  cache: benchCache,
  grow: benchGrowth,
  'rebuild-latency': benchRebuildLatency,
  faces: benchFaces,
  kafka: benchKafka,
  'login-timing': benchLoginTiming,
  sse: benchSse,
};

const json = process.argv.includes('--json');
const only = process.argv[process.argv.indexOf('--only') + 1];
const chosen = Object.entries(BENCHES).filter(([name]) => !process.argv.includes('--only') || name === only);
if (chosen.length === 0) throw new Error(`--only is one of ${Object.keys(BENCHES).join(', ')}`);

const results: (Result & { bench: string })[] = [];
for (const [bench, run] of chosen) {
  for (const result of await run()) results.push({ bench, ...result });
}

if (json) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem() };
  console.log(JSON.stringify({ machine, results }));
} else {
  for (const { bench, name, value, unit, of, ratio } of results) {
    const beside = ratio === undefined ? '' : `  = ${ratio} of ${of}`;
    console.log(`${bench.padEnd(7)} ${name.padEnd(64)} ${value.toLocaleString('en').padStart(12)} ${unit}${beside}`);
  }
}
