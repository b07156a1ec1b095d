import { createRequire } from 'node:module';

type RequestQueue = { prototype: { pending: readonly unknown[]; scheduleCheckPendingRequests: () => void } };

/**
 * kafkajs 2.2.4 looks a thousand times a second, on every connection, for requests that the broker has throttled, also when there
 * are none, and Node warns of its negative timer. With this it looks only while some wait.
 */
const queue: RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
const look = queue.prototype.scheduleCheckPendingRequests;

queue.prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests() {
  if (this.pending.length > 0) look.call(this);
};
