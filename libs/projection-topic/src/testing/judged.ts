import type { CacheReader } from '@rollcall/state-cache';
import { readTopic } from '../../../../test/brokers/judge.ts';
import type { Kafka } from '../../../../test/brokers/kafka.ts';

/** What a reader that keeps the last record of each key has of a topic; read with kcat. */
export const judged = async (kafka: Kafka, topic: string): Promise<Map<string, unknown>> => {
  const last = new Map<string, unknown>();
  for (const { key, value } of await readTopic(kafka.inside, topic)) {
    if (value === null) last.delete(key ?? '');
    else last.set(key ?? '', JSON.parse(value));
  }
  return last;
};

/** The list, in the form in which `judged` gives the topic. */
export const asJson = (cache: CacheReader): Map<string, unknown> =>
  new Map(
    [...cache.list()].map((channel) => [`${channel.pbx}/${channel.uniqueid}`, JSON.parse(JSON.stringify(channel))]),
  );

/** How many records of each key there are: tombstones `-`, snapshots by revision, what is neither as it is. */
export const history = async (kafka: Kafka, topic: string): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  for (const { key, value } of await readTopic(kafka.inside, topic)) {
    const told = found[key ?? ''] ?? [];
    told.push(value === null ? '-' : (/"revision":(\d+)/.exec(value)?.[1] ?? value));
    found[key ?? ''] = told;
  }
  return found;
};
