import { position, revision, START } from '@rollcall/channel';
import { afterEach, describe, expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { openStreams } from '../../../../test/contract/event-log.model.ts';
import { placesContract } from '../../../../test/contract/event-log.places.contract.ts';
import { readContract } from '../../../../test/contract/event-log.read.contract.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { waitFor } from '../../../../test/support/rollcall-process.ts';
import { type LogUnderTest, logsOnDouble } from './testing/logs-on-double.ts';

const { node, open, reopen, cleanup } = logsOnDouble({}, { milestoneEvery: 5 });
afterEach(cleanup);

const milestonesOf = ({ under }: LogUnderTest): number => {
  const stream = node().store.readStream(`${under.prefix}milestones`);
  return typeof stream === 'object' ? stream.events.length : 0;
};

/** Calls of three events each, of which every third is not over. */
const appendCalls = async (log: LogUnderTest, from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index += 1) {
    await log.append(streamOf(`${index}`), 'none', [created(), state(index)]);
    if (index % 3 > 0) await log.append(streamOf(`${index}`), revision(1), [destroyed()]);
  }
};

describe('with a milestone every few events the contract holds', () => {
  const factory = { open: () => open(), reopen, cleanup };
  readContract(factory);
  placesContract(factory);
});

describe('milestones', () => {
  test('shorten the way to what was open, and to a time, and change nothing of the answer', async () => {
    const log = await open();
    for (let round = 0; round < 8; round += 1) {
      await appendCalls(log, round * 4, round * 4 + 4);
      await waitFor('a milestone', () => milestonesOf(log) > round);
    }
    const all = await collect(log.readAll(START));
    const birth = all[0]?.position ?? 0;
    const begun: number[] = [];
    node().faults.read = (kind, from) => {
      if (kind === 'subscription') begun.push(from);
      return undefined;
    };
    for (const event of all) {
      const streams = new Set((await collect(log.readOpen(event.position))).map(({ stream }) => stream));
      expect(streams).toEqual(openStreams(all, event.position));
      const last = all.findLast(({ recorded }) => recorded <= event.recorded);
      expect(await log.positionAt(event.recorded)).toBe(last?.position);
    }
    expect(begun.filter((from) => from > birth).length).toBeGreaterThan(begun.length / 2);
    expect(new Set(begun).size).toBeGreaterThan(6);
  });

  test('are begun anew where a former process left off', async () => {
    const former = await open();
    await appendCalls(former, 0, 10);
    await waitFor('a milestone', () => milestonesOf(former) > 0);
    await former.close();
    const count = milestonesOf(former);
    const log = await open(former.under);
    await appendCalls(log, 10, 20);
    await waitFor('another', () => milestonesOf(log) > count);
    const all = await collect(log.readAll(START));
    expect(new Set((await collect(log.readOpen())).map(({ stream }) => stream))).toEqual(openStreams(all, Infinity));
  });

  test('of several writers serve them all', async () => {
    const one = await open();
    const logs = [one, await open(one.under), await open(one.under)];
    await Promise.all(logs.map((log, index) => appendCalls(log, index * 30, index * 30 + 30)));
    await waitFor('a milestone', () => milestonesOf(one) > 0);
    const all = await collect(one.readAll(START));
    for (const log of logs) {
      for (const at of [30, 100, all.length - 1]) {
        const place = position(all[at]?.position ?? 0);
        const streams = new Set((await collect(log.readOpen(place))).map(({ stream }) => stream));
        expect(streams).toEqual(openStreams(all, place));
      }
    }
  });

  test('are not written by who only reads, nor needed', async () => {
    const writing = await open({ milestoneEvery: 0 });
    await appendCalls(writing, 0, 10);
    expect(milestonesOf(writing)).toBe(0);
    const reading = await open({ ...writing.under, mode: 'read' });
    expect(await collect(reading.readOpen())).toEqual(await collect(writing.readOpen()));
    expect(milestonesOf(writing)).toBe(0);
  });
});
