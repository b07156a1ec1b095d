import { EventStoreDBClient, type JSONEventType, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

type Credentials = { username: string; password: string };

/** A server to hold to the rules: how to reach it, and how to be let in. */
export type ServerUnderTest = { connection: string; credentials?: Credentials };

const fresh = (kind: string): string => `rules-${kind}-${crypto.randomUUID()}`;

const events = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    jsonEvent<JSONEventType<'Counted', { index: number }>>({ type: 'Counted', data: { index } }),
  );

/**
 * What the adapter relies on, asked of a server with the package's own client: of the double, and of a real one where there is
 * one, so that the one cannot drift from the other.
 */
export const serverRules = (name: string, start: () => Promise<ServerUnderTest>): void => {
  describe(`rules of the server: ${name}`, () => {
    let client: EventStoreDBClient;
    /** Per-call credentials steer the client to Append; without them it uses BatchAppend. */
    let plain: { credentials: Credentials };
    beforeAll(async () => {
      const { connection, credentials = { username: 'admin', password: 'changeit' } } = await start();
      client = EventStoreDBClient.connectionString(connection);
      plain = { credentials };
    });
    afterAll(() => client.dispose());

    const append = (stream: string, count: number, expectedRevision: bigint | 'no_stream' | 'any' = 'any') =>
      client.appendToStream(stream, events(count), { expectedRevision, ...plain });

    const read = async (stream: string) => {
      const found = [];
      for await (const { event } of client.readStream(stream)) if (event) found.push(event);
      return found;
    };

    describe.each(['Append', 'BatchAppend'])('%s', (call) => {
      const how = () => (call === 'Append' ? plain : {});

      test('says where the last event of it stands', async () => {
        const stream = fresh('place');
        const { nextExpectedRevision, position } = await client.appendToStream(stream, events(3), how());
        const found = await read(stream);
        expect(nextExpectedRevision).toBe(2n);
        expect(found.at(-1)?.position).toEqual(position);
        expect(position?.commit).toBe(position?.prepare);
        for (const [index, { position }] of found.entries()) {
          expect(position?.commit).toBeGreaterThan(found[index - 1]?.position?.commit ?? -1n);
        }
      });

      test.each([
        ['no_stream', 1n],
        [0n, 1n],
        [5n, 1n],
      ] as const)('refuses other events at %s of a stream at revision 1', async (expectedRevision, actualVersion) => {
        const stream = fresh('wrong');
        await append(stream, 2);
        await expect(client.appendToStream(stream, events(2), { expectedRevision, ...how() })).rejects.toMatchObject({
          type: 'wrong-expected-version',
          actualVersion,
        });
      });

      test('refuses a revision of a stream that does not exist', async () => {
        await expect(
          client.appendToStream(fresh('none'), events(1), { expectedRevision: 0n, ...how() }),
        ).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 'no_stream' });
      });

      test('refuses a tombstoned stream', async () => {
        const stream = fresh('tombstone');
        await append(stream, 1);
        await client.tombstoneStream(stream, plain);
        for (const expectedRevision of ['any', 'no_stream', 0n] as const) {
          await expect(client.appendToStream(stream, events(1), { expectedRevision, ...how() })).rejects.toMatchObject({
            type: 'stream-deleted',
            streamName: stream,
          });
        }
      });
    });

    describe('the same events again', () => {
      test('at the revision they were appended at are taken for the same, also after the stream moved on', async () => {
        const stream = fresh('again');
        const [first, second] = [events(2), events(2)];
        const placed = await client.appendToStream(stream, first, { expectedRevision: 'no_stream', ...plain });
        const next = await client.appendToStream(stream, second, { expectedRevision: 1n, ...plain });
        expect(await client.appendToStream(stream, first, { expectedRevision: 'no_stream', ...plain })).toEqual(placed);
        expect(await client.appendToStream(stream, second, { expectedRevision: 1n, ...plain })).toEqual(next);
        expect(await read(stream)).toHaveLength(4);
      });

      test('are refused when only the first of them stands there, or in another order', async () => {
        const stream = fresh('partly');
        const [a, b] = events(2);
        if (!a || !b) throw new Error('no events');
        await client.appendToStream(stream, [a, b], { expectedRevision: 'no_stream', ...plain });
        for (const wrong of [[a, b, ...events(1)], [a, ...events(1)], [b, a], [b]]) {
          await expect(
            client.appendToStream(stream, wrong, { expectedRevision: 'no_stream', ...plain }),
          ).rejects.toMatchObject({ type: 'wrong-expected-version' });
        }
        expect(await client.appendToStream(stream, [b], { expectedRevision: 0n, ...plain })).toMatchObject({
          nextExpectedRevision: 1n,
        });
        expect(await read(stream)).toHaveLength(2);
      });

      test('at the current revision are written twice: only a retry as it was is safe', async () => {
        const stream = fresh('twice');
        const same = events(1);
        await client.appendToStream(stream, same, { expectedRevision: 'no_stream', ...plain });
        await client.appendToStream(stream, same, { expectedRevision: 0n, ...plain });
        expect((await read(stream)).map(({ id }) => id)).toEqual([same[0]?.id, same[0]?.id]);
      });
    });

    describe('deleting', () => {
      test('softly hides what was, and numbers go on', async () => {
        const stream = fresh('soft');
        await append(stream, 3);
        await client.deleteStream(stream, plain);
        await expect(read(stream)).rejects.toMatchObject({ type: 'stream-not-found' });
        expect(await append(stream, 1, 'no_stream')).toMatchObject({ nextExpectedRevision: 3n });
        expect((await read(stream)).map(({ revision }) => revision)).toEqual([3n]);
      });

      test('a stream that never was, or at a wrong revision, is refused', async () => {
        await expect(client.deleteStream(fresh('never'), plain)).rejects.toMatchObject({
          type: 'wrong-expected-version',
        });
        const stream = fresh('delete-wrong');
        await append(stream, 3);
        await expect(client.deleteStream(stream, { expectedRevision: 1n, ...plain })).rejects.toMatchObject({
          type: 'wrong-expected-version',
        });
      });
    });

    describe('reading', () => {
      test('a stream that does not exist is an answer that says so', async () => {
        await expect(read(fresh('missing'))).rejects.toMatchObject({ type: 'stream-not-found' });
      });

      test('$maxAge hides at once what is older', async () => {
        const stream = fresh('old');
        await append(stream, 3);
        await client.setStreamMetadata(stream, { maxAge: 3_600 }, plain);
        expect(await read(stream)).toHaveLength(3);
        await client.setStreamMetadata(stream, { maxCount: 1 }, plain);
        expect((await read(stream)).map(({ revision }) => revision)).toEqual([2n]);
      });

      test('$all holds the events of one append side by side, in the order of positions', async () => {
        const stream = fresh('order');
        await Promise.all([append(stream, 4), append(fresh('order'), 4)]);
        const [first] = await read(stream);
        const seen: string[] = [];
        let last = -1n;
        for await (const { event } of client.readAll({ fromPosition: first?.position ?? 'start', maxCount: 4 })) {
          seen.push(event?.streamId ?? '');
          expect(event?.position?.commit).toBeGreaterThan(last);
          last = event?.position?.commit ?? last;
        }
        expect(seen).toEqual(Array.from({ length: 4 }, () => stream));
      });

      test('$all forwards begins with the event at a position, backwards with the one before it', async () => {
        const stream = fresh('inclusive');
        await append(stream, 3);
        const [first, second] = await read(stream);
        for (const [direction, id] of [
          ['forwards', second?.id],
          ['backwards', first?.id],
        ] as const) {
          const reading = client.readAll({ fromPosition: second?.position ?? 'start', maxCount: 1, direction });
          for await (const { event } of reading) expect(event?.id).toBe(id);
        }
      });

      test('$all from where no event begins is refused', async () => {
        const stream = fresh('invalid');
        await append(stream, 1);
        const [event] = await read(stream);
        const commit = (event?.position?.commit ?? 0n) + 1n;
        const reading = async (): Promise<void> => {
          for await (const _ of client.readAll({ fromPosition: { commit, prepare: commit }, maxCount: 1 }));
        };
        await expect(reading()).rejects.toThrow();
      });
    });

    describe('a subscription to $all with a filter', () => {
      test('is confirmed, brings what was after its position, says that it caught up, and goes on live', async () => {
        const prefix = fresh('live');
        await append(`${prefix}-1`, 3);
        await append(fresh('not-this'), 3);
        const [first] = await read(`${prefix}-1`);
        const seen: string[] = [];
        const subscription = client.subscribeToAll({
          fromPosition: first?.position ?? 'start',
          filter: streamNameFilter({ prefixes: [prefix], checkpointReached: () => void seen.push('checkpoint') }),
        });
        const has = (what: string): Promise<void> =>
          new Promise((resolve) => {
            const look = (): void => {
              if (seen.includes(what)) resolve();
              else setTimeout(look, 5);
            };
            look();
          });
        subscription.on('confirmation', () => seen.push('confirmation'));
        subscription.on('caughtUp', () => seen.push('caught up'));
        subscription.on('data', ({ event }) => seen.push(`${event?.streamId.slice(prefix.length)}@${event?.revision}`));
        await has('caught up');
        await append(`${prefix}-2`, 1);
        await append(fresh('not-this'), 1);
        await has('-2@0');
        await subscription.unsubscribe();
        const withoutCheckpoints = seen.filter((what) => what !== 'checkpoint');
        expect(withoutCheckpoints.toSorted()).toEqual(['-1@1', '-1@2', '-2@0', 'caught up', 'confirmation']);
        expect(withoutCheckpoints[0]).toBe('confirmation');
        expect(seen).toContain('checkpoint');
      });
    });
  });
};
