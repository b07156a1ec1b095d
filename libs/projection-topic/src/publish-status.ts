import type { CacheReader } from '@rollcall/state-cache';
import type { Message } from 'kafkajs';
import type { Deliver } from './deliver.ts';
import { digestOf, type Written } from './write-record.ts';
import { checkpointKey, checkpointMessage, forgetMessage, pbxKey, pbxMessage } from './write-status.ts';

/** What the status topic holds, by key. */
export type StatusTopic = { name: string; held: Map<string, { log: string; digest: number }> };

/**
 * Brings these PBXs on the status topic to what the cache says; then, where one is given, the checkpoint. What is said of a PBX
 * comes after what it covers: a reader is late to see it, and never early.
 */
export const publishStatus = async (
  pbxs: ReadonlySet<string>,
  checkpoint: { position: number; next: ReadonlyMap<number, number> } | undefined,
  options: {
    topic: StatusTopic;
    cache: CacheReader;
    deliver: Deliver;
    written: Written;
    partition: number | undefined;
  },
): Promise<void> => {
  const { topic, cache, deliver, written, partition } = options;
  const messages: Message[] = [];
  const after: [string, { log: string; digest: number } | undefined][] = [];
  for (const name of pbxs) {
    const key = pbxKey(name, partition);
    const held = topic.held.get(key);
    const pbx = cache.pbx(name);
    if (pbx) {
      const value = JSON.stringify(pbx);
      const digest = digestOf(value);
      if (held?.digest === digest && held.log === written.log) continue;
      messages.push(pbxMessage(key, pbx, value, written));
      after.push([key, { log: written.log, digest }]);
    } else if (held) {
      messages.push(forgetMessage(key, written));
      after.push([key, undefined]);
    }
  }
  if (checkpoint) {
    const { position, next } = checkpoint;
    const offsets = Object.fromEntries([...next].sort(([a], [b]) => a - b));
    const setAside = [...cache.quarantine()].length;
    messages.push(checkpointMessage(checkpointKey(partition), { position, offsets, setAside }, written));
  }
  if (messages.length === 0) return;
  const inFirst = messages.map((message) => ({ ...message, partition: 0 }));
  await deliver({ topic: topic.name, messages: inFirst }, () => {});
  for (const [key, held] of after) {
    if (held) topic.held.set(key, held);
    else topic.held.delete(key);
  }
};
