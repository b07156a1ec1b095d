import { type Operation, operation } from '@rollcall/api/operations';
import type { Position } from '@rollcall/channel';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import { skipRefused } from '@rollcall/ingest';
import { z } from 'zod';
import { readRefused, type refusedEventSchema } from '../reading/refused-event.ts';
import { allSetAside, findSetAside, setAside, setAsideSchema } from '../reading/set-aside.ts';
import type { Operated } from './operated.ts';

/** A stream's name, or its channel's uniqueid or name. */
const which = z.string().min(1).max(2_000);

export const quarantineResult = z.object({ quarantine: z.array(setAsideSchema) });

export const retryResult = z.object({
  /** Streams that go on, or were not set aside any more. */
  released: z.array(z.string()),
  /** Those that are still set aside, or again. */
  refused: z.array(setAsideSchema),
});

export const skipResult = z.object({
  stream: z.string(),
  /** Revision that was passed over, and the position of the event that says so. */
  revision: z.int(),
  position: z.int(),
  /** How many events had waited. */
  waited: z.int(),
  /** The stream is set aside again, at a later event. */
  again: setAsideSchema.nullable(),
});

/** What an operator can do about events that no handler takes. */
export const quarantineOperations = (operated: Operated): Operation[] => {
  const { dir, projection, world } = operated;
  const { cache, log } = dir;
  return [
    operation({
      name: 'quarantine',
      body: z.strictObject({}),
      changes: false,
      run: async (): Promise<z.output<typeof quarantineResult>> => ({ quarantine: allSetAside(cache) }),
    }),
    operation({
      name: 'quarantine-show',
      body: z.strictObject({ stream: which }),
      changes: false,
      run: async ({ stream }): Promise<z.output<typeof refusedEventSchema>> =>
        readRefused(findSetAside(stream, cache), cache, log),
    }),
    operation({
      name: 'quarantine-retry',
      /** Without `streams`: all. */
      body: z.strictObject({ streams: z.array(which).max(1_000).optional() }),
      changes: true,
      run: async ({ streams }): Promise<z.output<typeof retryResult>> => {
        const asked = streams && (await Promise.all(streams.map((text) => streamOf(text, operated))));
        const tried = asked ?? [...cache.quarantine()].map(({ stream }) => stream);
        await projection.retryQuarantine(tried);
        const refused = tried.flatMap((stream) => cache.quarantined(stream) ?? []).map((one) => setAside(one, cache));
        const still = new Set(refused.map(({ stream }) => stream));
        return { released: tried.filter((stream) => !still.has(stream)), refused };
      },
    }),
    operation({
      name: 'quarantine-skip',
      body: z.strictObject({ stream: which, reason: z.string().trim().min(1).max(500) }),
      changes: true,
      run: async ({ stream: text, reason }, { signal }): Promise<z.output<typeof skipResult>> => {
        const held = findSetAside(text, cache);
        const { stream, revision, head } = held;
        const { position } = await skipRefused({ log, world, refused: held, reason });
        await listed(operated, position, signal);
        const again = cache.quarantined(stream);
        return { stream, revision, position, waited: head - revision, again: again ? setAside(again, cache) : null };
      },
    }),
  ];
};

/** A stream that is set aside no longer, since opening the data directory tried it too, is no mistake. */
const streamOf = async (text: string, { dir: { cache, log } }: Operated): Promise<string> => {
  try {
    return findSetAside(text, cache).stream;
  } catch (error) {
    if (isRollcallError(error, 'NOT_SET_ASIDE') && (await log.heads([text])).size > 0) return text;
    throw error;
  }
};

/** Resolves when the list has taken in everything up to that position. */
const listed = ({ dir: { cache }, projection }: Operated, position: Position, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (error?: RollcallError): void => {
      leave();
      signal.removeEventListener('abort', abandoned);
      if (error) reject(error);
      else resolve();
    };
    const abandoned = (): void => end(notYetListed(position));
    const check = (): void => {
      if (cache.checkpoint >= position) end();
    };
    const leave = projection.onCommit(check);
    signal.addEventListener('abort', abandoned);
    check();
  });

const notYetListed = (position: Position) =>
  new RollcallError(
    'NOT_YET_LISTED',
    `The skip is written at position ${position}; the list has not taken it in yet.`,
    'It will, without being asked again.',
  );
