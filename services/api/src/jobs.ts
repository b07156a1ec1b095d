import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { JobControl, Operation } from './operation.ts';
import { createPace, type ProgressReport } from './pace.ts';

/** One run of an operation. A job that is over does not change any more. */
export type Job = {
  id: string;
  operation: string;
  body: unknown;
  state: 'running' | 'done' | 'failed' | 'stopped';
  /** Milliseconds since 1970. */
  started: number;
  ended: number | undefined;
  progress: ProgressReport | undefined;
  /** What a job that is done has to tell. */
  result: unknown;
  /** Why it failed, or what it said when it was stopped. */
  error: { code: string; message: string; advice: string } | undefined;
};

export type Jobs = {
  /** What may be started. */
  readonly operations: readonly Operation[];
  /** @throws RollcallError OPERATION_UNKNOWN, BODY_WRONG, JOB_IN_THE_WAY, JOBS_TOO_MANY, STOPPING */
  start: (operation: string, body: unknown) => Job;
  /** The newest first. */
  all: () => Job[];
  /** @throws RollcallError JOB_UNKNOWN */
  get: (id: string) => Job;
  /**
   * Asks it to stop; it says itself when it has. Does nothing to one that is over.
   * @throws RollcallError JOB_UNKNOWN
   */
  stop: (id: string) => Job;
  /**
   * Tells the job as it is, then each time it changes; the last one told is over. Returns what ends the telling.
   * @throws RollcallError JOB_UNKNOWN
   */
  watch: (id: string, tell: (job: Job) => void) => () => void;
  /** Stops them all and waits until they have; no other starts. */
  close: () => Promise<void>;
};

/** Only one operation that changes the list or the log runs at a time. */
export class JobInTheWay extends RollcallError {
  readonly job: Job;
  constructor(job: Job) {
    super(
      'JOB_IN_THE_WAY',
      `${job.operation} is running since ${new Date(job.started).toISOString()} (job ${job.id}).`,
      'Wait until it is over, or stop it: DELETE /v1/jobs/ID.',
    );
    this.job = job;
  }
}

const REMEMBERED = 100;
const MAX_RUNNING = 8;

type Entry = { job: Job; changes: boolean; stopping: AbortController; watchers: Set<(job: Job) => void> };

export const createJobs = (options: {
  operations: readonly Operation[];
  world: Pick<World, 'clock' | 'random'>;
  /** Told of each beginning and each end. */
  happened?: (job: Job) => void;
  /** Told of an error that nobody had in mind. */
  defect?: (error: unknown) => void;
}): Jobs => {
  const { operations, world, happened = () => {}, defect = () => {} } = options;
  const byName = new Map(operations.map((one) => [one.name, one]));
  const entries = new Map<string, Entry>();
  const running = new Map<string, Promise<void>>();
  let closed = false;

  const change = (entry: Entry, now: Partial<Job>): void => {
    entry.job = { ...entry.job, ...now };
    for (const tell of [...entry.watchers]) tell(entry.job);
  };

  const execute = async (entry: Entry, run: (job: JobControl) => Promise<unknown>): Promise<void> => {
    const { signal } = entry.stopping;
    const pace = createPace(world.clock);
    try {
      const result = await run({
        signal,
        progress: (progress) => {
          const report = pace(progress);
          if (report) change(entry, { progress: report });
        },
      });
      change(entry, { state: 'done', ended: world.clock.now(), result });
    } catch (error) {
      if (!(error instanceof RollcallError)) defect(error);
      change(entry, { state: signal.aborted ? 'stopped' : 'failed', ended: world.clock.now(), error: told(error) });
    } finally {
      entry.watchers.clear();
      running.delete(entry.job.id);
      happened(entry.job);
    }
  };

  const remember = (entry: Entry): void => {
    entries.set(entry.job.id, entry);
    for (const [id, { job }] of entries) {
      if (entries.size <= REMEMBERED) return;
      if (job.state !== 'running') entries.delete(id);
    }
  };

  const find = (id: string): Entry => {
    const entry = entries.get(id);
    if (entry) return entry;
    throw new RollcallError(
      'JOB_UNKNOWN',
      `There is no job ${JSON.stringify(id.slice(0, 60))}.`,
      `GET /v1/jobs lists the last ${REMEMBERED}.`,
    );
  };

  return {
    operations,
    start: (name, body) => {
      const wanted = byName.get(name);
      if (!wanted) {
        const known = [...byName.keys()].join(', ') || 'none';
        throw new RollcallError(
          'OPERATION_UNKNOWN',
          `There is no operation ${JSON.stringify(name.slice(0, 60))}.`,
          `Known are: ${known}.`,
        );
      }
      const prepared = wanted.prepare(body);
      if (closed) throw new RollcallError('STOPPING', 'This Rollcall is stopping.', 'Ask again when it has started.');
      const now = [...running.keys()].map(find);
      const other = wanted.changes ? now.find(({ changes }) => changes) : undefined;
      if (other) throw new JobInTheWay(other.job);
      if (now.length >= MAX_RUNNING) {
        throw new RollcallError('JOBS_TOO_MANY', `${now.length} jobs are running.`, 'Wait until one of them is over.');
      }
      const job: Job = {
        id: world.random.uuid(),
        operation: name,
        body: prepared.body,
        state: 'running',
        started: world.clock.now(),
        ended: undefined,
        progress: undefined,
        result: undefined,
        error: undefined,
      };
      const entry: Entry = { job, changes: wanted.changes, stopping: new AbortController(), watchers: new Set() };
      remember(entry);
      happened(job);
      running.set(job.id, execute(entry, prepared.run));
      return job;
    },
    all: () => [...entries.values()].map(({ job }) => job).reverse(),
    get: (id) => find(id).job,
    stop: (id) => {
      const entry = find(id);
      entry.stopping.abort();
      return entry.job;
    },
    watch: (id, tell) => {
      const { job, watchers } = find(id);
      if (job.state === 'running') watchers.add(tell);
      tell(job);
      return () => watchers.delete(tell);
    },
    close: async () => {
      closed = true;
      for (const id of running.keys()) find(id).stopping.abort();
      await Promise.all(running.values());
    },
  };
};

const told = (error: unknown): NonNullable<Job['error']> => {
  if (error instanceof RollcallError) return { code: error.code, message: error.message, advice: error.advice };
  return {
    code: 'DEFECT',
    message: 'The operation failed by a defect.',
    advice: "Please report it, with the lines of Rollcall's log.",
  };
};
