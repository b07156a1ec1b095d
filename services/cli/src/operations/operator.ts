import type { Job } from '@rollcall/api/operations';

/** Where operations run: in a running Rollcall, or, where none runs, in this process. */
export type Operator = {
  /** @throws RollcallError why it was refused */
  start: (operation: string, body: unknown) => Promise<Job>;
  /** Tells each change of the job; resolves with the job when it is over. */
  follow: (id: string, tell: (job: Job) => void) => Promise<Job>;
  stop: (id: string) => Promise<void>;
  close: () => Promise<void>;
};
