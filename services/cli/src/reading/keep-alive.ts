import { MessageChannel } from 'node:worker_threads';

/**
 * Keeps the process from ending while nothing but timers is awaited: those of a Scheduler hold no process. Returns what
 * lets go.
 */
export const keepAlive = (): (() => void) => {
  const { port1, port2 } = new MessageChannel();
  // A port that is listened to holds the process.
  port1.on('message', () => {});
  return () => {
    port1.close();
    port2.close();
  };
};
