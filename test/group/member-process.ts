/**
 * A projector of a group as a process of its own, for tests: fork it with its settings as JSON. It tells what it keeps and what is
 * wrong as it changes, and answers `caches` with the canonical lines of every list that it keeps.
 */
import { systemWorld } from '@rollcall/clock';
import { type GroupCounters, startGroup } from '@rollcall/projector-service';
import { canonicalLines } from '@rollcall/state-cache';

export type MemberTells =
  | { partitions: readonly { partition: number; phase: string }[] }
  | { problem: string | undefined }
  | { caches: [partition: number, checkpoint: number, lines: string[]][] }
  | { counters: GroupCounters };

const tell = (what: MemberTells): void => void process.send?.(what);

const group = startGroup({
  ...JSON.parse(process.argv[2] ?? '{}'),
  world: systemWorld,
  onPartitions: (partitions) => tell({ partitions }),
  onProblem: (problem) => tell({ problem: problem?.line }),
});

process.on('message', (asked) => {
  if (asked === 'stop') void group.stop().then(() => process.exit());
  if (asked !== 'caches') return;
  const caches = group.partitions().flatMap(({ partition }): [number, number, string[]][] => {
    const cache = group.cache(partition);
    return cache ? [[partition, cache.checkpoint, [...canonicalLines(cache)]]] : [];
  });
  tell({ caches });
});
setInterval(() => tell({ counters: { ...group.counters } }), 500);
process.on('disconnect', () => process.exit());
