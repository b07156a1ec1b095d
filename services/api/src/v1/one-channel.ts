import { type Channel, channelStream, evolve, takeable } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiOptions } from '../options.ts';
import { checked, numeral } from './query.ts';
import { doubtsOf, sayStale } from './stale.ts';
import { createUnchanged } from './unchanged.ts';

export const oneChannelQuery = z.strictObject({
  at: z.string().max(60).optional().meta({ description: 'As it was: a position, a time, or -10m.' }),
});

export const timelineQuery = z.strictObject({
  boot: numeral(z.number().int().min(0))
    .optional()
    .meta({ description: 'Which run of that Asterisk, from 1; default: the last one that had it.' }),
});

type Params = { Params: { pbx: string; uniqueid: string } };

/** More than any channel has; the answer is one string. */
const MOST_EVENTS = 10_000;

/** One channel, and what happened to it. */
export const oneChannelRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  const { log, clock } = options;
  const isUnchanged = createUnchanged(clock);
  server.get<Params>('/channels/:pbx/:uniqueid', async (request, reply) => {
    const { params, query, view } = request;
    const { at } = checked(oneChannelQuery, query);
    const { cache } = at === undefined ? view : await view.at(at);
    const channel = cache.byUniqueid(params.pbx, params.uniqueid);
    if (!channel) throw unknownChannel(params);
    const doubts = doubtsOf(channel, cache);
    sayStale(reply, doubts.stale ? [channel.pbx] : [], { ...options, said: false });
    if (at === undefined && isUnchanged(request, reply, cache)) return reply.send();
    return { position: cache.checkpoint, channel: { ...channel, ...doubts } };
  });

  server.get<Params>('/channels/:pbx/:uniqueid/timeline', async ({ params, query, view }: FastifyRequest<Params>) => {
    const { pbx, uniqueid } = params;
    const { boot } = checked(timelineQuery, query);
    const last = view.cache.pbx(pbx)?.boot;
    if (!view.sees(pbx) || last === undefined) throw unknownChannel(params);
    if (!log) throw logNotHere();
    for (const one of boot === undefined ? newestFirst(last) : [boot]) {
      const stream = channelStream(pbx, one, uniqueid);
      const { events, channel } = await storyOf(log, stream);
      if (events.length === 0) continue;
      return { stream, now: clock.now(), over: channel === undefined, channel: channel ?? null, events };
    }
    throw unknownChannel(
      params,
      'What retention has dropped is told no more; "rollcall channel NAME" looks for names.',
    );
  });
};

/** A restart ends every channel, and is asked about: one that is over is looked for in the runs before, too. */
const MOST_BOOTS = 100;

const newestFirst = (last: number): number[] =>
  Array.from({ length: Math.min(last + 1, MOST_BOOTS) }, (_, before) => last - before);

const storyOf = async (log: Pick<EventLog, 'readStream'>, stream: string) => {
  const events: object[] = [];
  let channel: Channel | undefined;
  for await (const batch of log.readStream(stream)) {
    for (const event of batch) {
      const before = channel;
      channel = evolve(channel, takeable(event));
      events.push({ ...event, changed: changed(before, channel) });
      if (events.length > MOST_EVENTS) throw tooLong(stream);
    }
  }
  return { events, channel };
};

const PLACES = new Set(['revision', 'position']);

/** What an event changed: each field before and after; null where it was not known. */
const changed = (before: Channel | undefined, after: Channel | undefined): Record<string, [unknown, unknown]> => {
  const was = new Map<string, unknown>(Object.entries(before ?? {}));
  return Object.fromEntries(
    Object.entries(after ?? {}).flatMap(([field, value]) =>
      PLACES.has(field) || same(was.get(field), value) ? [] : [[field, [was.get(field) ?? null, value ?? null]]],
    ),
  );
};

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

const unknownChannel = (
  { pbx, uniqueid }: Params['Params'],
  advice = 'It may be over: its timeline tells, or ?at= with an earlier moment.',
) => new RollcallError('CHANNEL_UNKNOWN', `${pbx} has no channel ${uniqueid}.`, advice);

const logNotHere = () =>
  new RollcallError(
    'LOG_NOT_HERE',
    'The event log is not read by this process, which has its list from the topic.',
    'Ask a Rollcall that reads the log: rollcall start, or rollcall api without --publish.',
  );

const tooLong = (stream: string) =>
  new RollcallError(
    'TIMELINE_TOO_LONG',
    `${stream} has more than ${MOST_EVENTS} events.`,
    'Read it with: rollcall log export.',
  );
