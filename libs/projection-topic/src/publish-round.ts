import { type Channel, channelStream, parseStream } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type { CacheReader } from '@rollcall/state-cache';
import type { Message } from 'kafkajs';
import type { Agenda, Round } from './agenda.ts';
import type { Deliver } from './deliver.ts';
import { type Held, needOf } from './held.ts';
import { parseKey, partitioning } from './partition.ts';
import { BATCH_BYTES } from './topic.ts';
import { snapshotMessage, tombstoneMessage } from './write-record.ts';

const BATCH_RECORDS = 500;
/** About what key and headers of a record take. */
const RECORD_BYTES = 600;
/** Looked at without anything to send before somebody else gets a turn. */
const LOOKS_A_TURN = 1_000;

export type PublishedCounters = { snapshots: number; tombstones: number };

/** What the channel topic holds, as of what was acknowledged; `next`: by partition, the offset behind it. */
export type ChannelTopic = { name: string; partitions: number; held: Map<string, Held>; next: Map<number, number> };

/** `after`: what the topic holds of a message's key, once it is there. */
type Batch = { messages: Message[]; after: Map<Message, { key: string; held: Held | undefined }>; bytes: number };

const emptyBatch = (): Batch => ({ messages: [], after: new Map(), bytes: 0 });

/** Brings the keys of one round on the topic to what the list says, in batches, one after the other. */
export const publishRound = async (
  round: Round,
  options: {
    topic: ChannelTopic;
    cache: CacheReader;
    agenda: Agenda;
    deliver: Deliver;
    log: string;
    world: World;
    counters: PublishedCounters;
  },
): Promise<void> => {
  const { topic, cache, agenda, deliver, log, world, counters } = options;
  const partitionOf = partitioning(topic.partitions);
  let batch = emptyBatch();
  let looks = 0;

  const note = (key: string, held: Held | undefined): void => {
    if (held) {
      topic.held.set(key, held);
      counters.snapshots++;
    } else {
      topic.held.delete(key);
      counters.tombstones++;
    }
    agenda.ends.delete(key);
  };

  const flush = async (): Promise<void> => {
    const { messages, after } = batch;
    batch = emptyBatch();
    if (messages.length === 0) return;
    await deliver({ topic: topic.name, messages }, (part, offsets) => {
      for (const [partition, offset] of offsets) {
        const count = part.messages.filter((message) => message.partition === partition).length;
        topic.next.set(partition, offset + count);
      }
      for (const message of part.messages) {
        const found = after.get(message);
        if (found) note(found.key, found.held);
      }
    });
  };

  const add = (key: string, unplaced: Message, held: Held | undefined): void => {
    const message = { ...unplaced, partition: partitionOf(key) };
    batch.messages.push(message);
    batch.after.set(message, { key, held });
    batch.bytes += RECORD_BYTES + (message.value?.length ?? 0);
  };

  for (const [key, streams] of round.keys) {
    const held = topic.held.get(key);
    const channel = liveOf(cache, key, streams, held);
    const end = channel ? undefined : agenda.ends.get(key);
    const need = needOf({ channel, end, held }, { log, checkpoint: cache.checkpoint });
    const time = world.clock.now();
    if (need.is === 'wait') agenda.wait(key, need.position, streams);
    if (need.is === 'snapshot') add(key, snapshotMessage(need.channel, need.value, { log, time }), need.held);
    if (need.is === 'tombstone') add(key, tombstoneMessage(key, need.end, time), undefined);
    if (batch.messages.length >= BATCH_RECORDS || batch.bytes >= BATCH_BYTES / 2) await flush();
    else if (++looks % LOOKS_A_TURN === 0) await world.scheduler.sleep(0);
  }
  await flush();
};

/** The live channel of a key: that of the newest boot, of those that were touched or that the topic has. */
const liveOf = (
  cache: CacheReader,
  key: string,
  streams: ReadonlySet<string>,
  held: Held | undefined,
): Channel | undefined => {
  const { pbx, uniqueid } = parseKey(key) ?? { pbx: '', uniqueid: '' };
  const known = held ? [...streams, channelStream(pbx, held.version.boot, uniqueid)] : [...streams];
  const newestFirst = known.sort((a, b) => (parseStream(b)?.boot ?? 0) - (parseStream(a)?.boot ?? 0));
  return newestFirst.map((stream) => cache.get(stream)).find((channel) => channel !== undefined);
};
