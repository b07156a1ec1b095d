import type { AriAsker, AsteriskSource } from '@rollcall/asterisk';
import { parseStream } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import type { EventSpans } from './event-spans.ts';

/** Channels of which it is kept when their last bytes came. */
const MOST_HEARD = 10_000;

/** Follows events from a PBX's bytes to the log, and from there to the list, by standing between the parts: they know nothing of it. */
export const createTraced = (spans: EventSpans, clock: Clock) => {
  const begun = clock.now() - clock.monotonic();
  const now = (): number => begun + clock.monotonic();
  const heard = new Map<string, number>();

  return {
    /** The same source, of which it is noted when it told of a channel. */
    source: (pbx: string, source: AsteriskSource): AsteriskSource => ({
      ...source,
      connect: ({ observe, signal }) =>
        source.connect({
          signal,
          observe: (batch) => {
            const at = now();
            for (const observation of batch) {
              if (!('uniqueid' in observation)) continue;
              const key = `${pbx}/${observation.uniqueid}`;
              heard.delete(key);
              heard.set(key, at);
              const [oldest] = heard.keys();
              if (heard.size > MOST_HEARD && oldest !== undefined) heard.delete(oldest);
            }
            observe(batch);
          },
        }),
    }),

    /** The same log: `event`, from the bytes until it is durable, and in it `append`. */
    appends: <Log extends { append: (...args: Parameters<EventLog['append']>) => Promise<unknown> }>(log: Log): Log => {
      const append = async (...asked: Parameters<EventLog['append']>): Promise<unknown> => {
        const [stream, , events] = asked;
        const { pbx, uniqueid } = parseStream(stream) ?? {};
        const from = now();
        const bytes = heard.get(`${pbx}/${uniqueid}`) ?? from;
        const told = (failed?: unknown): void => {
          const to = now();
          for (const event of events) {
            spans.root(event, stream, [Math.min(bytes, from), to], failed);
            spans.part('append', event, stream, [from, to]);
          }
        };
        try {
          const appended = await log.append(...asked);
          told();
          return appended;
        } catch (error) {
          told(error);
          throw error;
        }
      };
      return { ...log, append };
    },

    /** The same log, for who keeps a list of it: `list`, from when an event was read until the list had it. */
    reads: <Log extends Pick<EventLog, 'subscribe'>>(log: Log): Log => ({
      ...log,
      subscribe: async function* (...asked: Parameters<EventLog['subscribe']>) {
        for await (const batch of log.subscribe(...asked)) {
          const from = now();
          yield batch;
          // Who asks for the next one has this one in the list.
          const to = now();
          for (const event of batch)
            if (event.type !== 'Unreadable') spans.part('list', event, event.stream, [from, to]);
        }
      },
    }),
  };
};

export type Traced = ReturnType<typeof createTraced>;

type Sources = Map<string, { source: AsteriskSource; beside: AriAsker | undefined }>;

/** The same PBXs; where nothing is traced, nothing stands between. */
export const tracedSources = (sources: Sources, traced: Traced | undefined): Sources =>
  traced
    ? new Map([...sources].map(([pbx, one]) => [pbx, { ...one, source: traced.source(pbx, one.source) }]))
    : sources;
