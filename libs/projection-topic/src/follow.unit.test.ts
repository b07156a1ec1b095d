import type { Broker, Cluster } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { type Batch, follow, type Places } from './follow.ts';

type Message = {
  offset: string;
  isControlRecord?: boolean;
  batchContext?: { firstOffset: string; lastOffsetDelta: number };
};
/** By partition: the end, and the messages of one answer. */
type Answer = Record<number, [end: number, messages: Message[]]>;

const message = (offset: number, more: Omit<Message, 'offset'> = {}) => ({
  offset: String(offset),
  timestamp: '0',
  key: null,
  value: null,
  headers: {},
  ...more,
});

/** A cluster of brokers that give these answers, one after the other, and then fail. Each partition is led by the broker of its number. */
const clusterOf = (answers: Answer[], asked: number[] = []) => {
  const broker = {
    fetch: async ({ topics }: Parameters<Broker['fetch']>[0]) => {
      asked.push(...topics.flatMap(({ partitions }) => partitions.map(({ fetchOffset }) => Number(fetchOffset))));
      const answer = answers.shift();
      if (!answer) throw new Error('no more answers');
      const partitions = Object.entries(answer).map(([partition, [end, messages]]) => {
        return { partition: Number(partition), highWatermark: String(end), messages };
      });
      return { responses: [{ topicName: 'channels', partitions }] };
    },
  };
  const cluster = {
    findBroker: async () => broker,
    findLeaderForPartitions: (_: string, partitions: number[]) => ({ 1: partitions }),
  };
  return cluster as unknown as Cluster;
};

const read = async (from: number[], answers: Answer[]) => {
  const places: Places = new Map([['channels', new Map(from.entries())]]);
  const batches: Batch[] = [];
  const asked: number[] = [];
  const reading = follow({
    cluster: clusterOf(answers, asked),
    places,
    take: (batch) => void batches.push(batch),
    signal: new AbortController().signal,
  });
  await expect(reading).rejects.toThrow('no more answers');
  return { batches, asked, next: [...(places.get('channels')?.values() ?? [])] };
};

describe('the place to read on from', () => {
  test('is behind the last record', async () => {
    const { next, asked } = await read([5], [{ 0: [9, [message(5), message(6)]] }]);
    expect([next, asked]).toEqual([[7], [5, 7]]);
  });

  test('is behind the batch, where compaction has taken the last records of it', async () => {
    const batchContext = { firstOffset: '5', lastOffsetDelta: 99 };
    expect((await read([5], [{ 0: [200, [message(6, { batchContext })]] }])).next).toEqual([105]);
  });

  test('is the end, where compaction has taken all that was left up to there', async () => {
    expect((await read([5], [{ 0: [9, []] }])).next).toEqual([9]);
  });

  test('is the same, where an answer left a partition out for another’s sake', async () => {
    expect((await read([5, 5], [{ 0: [9, []], 1: [6, [message(5)]] }])).next).toEqual([5, 6]);
  });

  test('never goes back', async () => {
    const batchContext = { firstOffset: '0', lastOffsetDelta: 3 };
    expect((await read([5], [{ 0: [5, [message(2, { batchContext })]] }])).next).toEqual([5]);
  });
});

describe('what is taken', () => {
  test('is no record from before the place, and none that marks a transaction', async () => {
    const messages = [message(4), message(5), message(6, { isControlRecord: true }), message(7)];
    const { batches, next } = await read([5], [{ 0: [9, messages] }]);
    expect(batches[0]?.records.map(({ offset }) => offset)).toEqual([5, 7]);
    expect(next).toEqual([8]);
  });

  test('says how far the partition goes, also when nothing came', async () => {
    const { batches } = await read([5], [{ 0: [9, [message(5)]] }, { 0: [9, []] }]);
    expect(batches.map(({ next, end }) => [next, end])).toEqual([
      [6, 9],
      [9, 9],
    ]);
  });
});

test('what cannot be taken stays to be read', async () => {
  const places: Places = new Map([['channels', new Map([[0, 5]])]]);
  const reading = follow({
    cluster: clusterOf([{ 0: [9, [message(5)]] }]),
    places,
    take: () => {
      throw new Error('cannot take it');
    },
    signal: new AbortController().signal,
  });
  await expect(reading).rejects.toThrow('cannot take it');
  expect(places.get('channels')?.get(0)).toBe(5);
});
