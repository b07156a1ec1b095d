import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { GroupCounters, GroupOptions } from '@rollcall/projector-service';
import type { MemberTells } from './member-process.ts';

export type Caches = Extract<MemberTells, { caches: unknown }>;

/** A projector of a group, in a process of its own that can be killed. */
export type Member = {
  process: ChildProcess;
  /** Those that it projects and publishes, in order. */
  projecting: () => number[];
  problem: () => string | undefined;
  caches: () => Promise<Caches>;
  /** As of half a second ago at the latest; also of one that was killed. */
  counters: () => GroupCounters | undefined;
  kill9: () => Promise<void>;
  /** In order: it publishes what is left and leaves. */
  stop: () => Promise<void>;
};

export const startMember = (options: Omit<GroupOptions, 'world'>): Member => {
  const file = join(import.meta.dirname, 'member-process.ts');
  const process = fork(file, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let partitions: readonly { partition: number; phase: string }[] = [];
  let problem: string | undefined;
  let counters: GroupCounters | undefined;
  const asked: ((caches: Caches) => void)[] = [];
  process.on('message', (told: MemberTells) => {
    if ('partitions' in told) partitions = told.partitions;
    else if ('caches' in told) asked.shift()?.(told);
    else if ('counters' in told) counters = told.counters;
    else problem = told.problem;
  });
  const gone = once(process, 'exit');
  return {
    process,
    projecting: () => partitions.filter(({ phase }) => phase === 'projecting').map(({ partition }) => partition),
    problem: () => problem,
    counters: () => counters,
    caches: () =>
      new Promise((resolve) => {
        asked.push(resolve);
        process.send('caches');
      }),
    kill9: async () => {
      process.kill('SIGKILL');
      await gone;
    },
    stop: async () => {
      if (process.connected) process.send('stop');
      await gone;
    },
  };
};
