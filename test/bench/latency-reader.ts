import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** Reads one after the other, from a thread of its own: how long the server takes is not mixed up with what else its process does. */
const { url, readers, pauseMs } = workerData as { url: string; readers: number; pauseMs: number };
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** One channel by its id. Most are over by then, and a 404 takes as long. */
const read = (id: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const begin = performance.now();
    get(`${url}/ari/channels/${id}`, { agent }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200 || response.statusCode === 404) resolve(performance.now() - begin);
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
    }).on('error', reject);
  });

let id = 0;
const reader = async (): Promise<never> => {
  for (;;) {
    await read(`1760000000.${++id}`).then(
      (ms) => parentPort?.postMessage({ ms }),
      (error) => parentPort?.postMessage({ failed: String(error) }),
    );
    await delay(pauseMs);
  }
};
for (let n = 0; n < readers; n++) void reader();
