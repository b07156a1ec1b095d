import { randomBytes, randomUUID } from 'node:crypto';
import type { World } from './world.ts';

/** The real world. The only module that reads the system's time, draws real random numbers or starts real timers. */
export const systemWorld: World = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
  },
  random: {
    float: () => Math.random(),
    uuid: () => randomUUID(),
    secret: (bytes) => randomBytes(bytes).toString('hex'),
  },
  scheduler: {
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, Math.max(0, ms));
        signal?.addEventListener('abort', done, { once: true });
      }),
  },
};
