import { Readable } from 'node:stream';
import type { Jobs } from './jobs.ts';

/** Bytes of progress that may wait for a reader; who is further behind is dropped, and may ask again. */
const MAX_WAITING = 64 * 1024;

/**
 * The job as it is, then each time it changes, a line of JSON each, until it is over. Nothing waits for who reads it.
 * @throws RollcallError JOB_UNKNOWN
 */
export const progressStream = (jobs: Jobs, id: string): Readable => {
  const stream = new Readable({ read: () => {} });
  const leave = jobs.watch(id, (job) => {
    if (stream.readableLength > MAX_WAITING) stream.destroy();
    else {
      stream.push(`${JSON.stringify(job)}\n`);
      if (job.state !== 'running') stream.push(null);
    }
  });
  stream.once('close', leave);
  return stream;
};
