import { parseArgs } from 'node:util';
import { planFor } from './plan.ts';
import { simulate } from './simulate.ts';

/** `node test/simulation/run.ts --seeds 10000 [--from 1]`, or `--seed N --trace` to read what one seed does. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
  },
});

const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const began = performance.now();
let failures = 0;
let events = 0;
let connections = 0;
let run = 0;
for (let seed = from; seed < from + count; seed++) {
  const outcome = await simulate(seed, values.trace ? (line) => console.log(line) : undefined);
  run++;
  events += outcome.events;
  connections += outcome.connections;
  const { failure } = outcome;
  if (!failure) continue;
  failures++;
  const { source, faults } = planFor(seed);
  console.log(`seed ${seed} (${source}; ${[...faults.keys()].join(', ')}): at ${failure.at.toFixed(0)} ms`);
  console.log(`  ${failure.promise}: ${failure.what}`);
  if (values.first) break;
}
const seconds = (performance.now() - began) / 1000;
console.log(`${run} seeds, ${failures} failed; ${events} events, ${connections} connections; ${seconds.toFixed(1)} s`);
process.exitCode = failures > 0 ? 1 : 0;
