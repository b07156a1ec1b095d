import { type NewEvent, pbxStream, type RecordedEvent, SCHEMA_VERSION } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { appendFailure } from '../append-failure.ts';
import type { IngestLog } from '../ingest-log.ts';
import { endOf, type SpooledAppend } from './spool.ts';

/** Events in one append to the remote log, unless a single one has more. */
const MERGED = 500;

export type PlacingOptions = {
  append: IngestLog['append'];
  /** The log did not say what became of it. */
  sent: (append: SpooledAppend) => void;
  placed: (append: SpooledAppend) => void;
  /** It can be placed nowhere; nor can what follows it in its stream. */
  refused: (append: SpooledAppend, why: unknown) => void;
  /** Why it follows something that was refused; undefined: it does not. */
  whyBarred: (append: SpooledAppend) => unknown;
};

/**
 * Appends `batch` to the log: each stream in its order, streams beside each other, except that what is told of a PBX itself stays
 * behind everything that came before it, and ahead of everything that came after. `carefully`: one append first, alone.
 * @throws what the log throws when it is away; what is neither placed nor refused by then is to be tried again
 */
export const placeBatch = async (
  batch: readonly SpooledAppend[],
  carefully: boolean,
  options: PlacingOptions,
): Promise<void> => {
  const [first] = batch;
  if (!first) return;
  if (carefully) await placeStream([first], options);
  for (const run of runs(carefully ? batch.slice(1) : batch)) {
    const streams = Map.groupBy(run, ({ stream }) => stream);
    const all = await Promise.allSettled([...streams.values()].map((appends) => placeStream(appends, options)));
    for (const one of all) if (one.status === 'rejected') throw one.reason;
  }
};

function* runs(batch: readonly SpooledAppend[]): Generator<SpooledAppend[]> {
  let run: SpooledAppend[] = [];
  for (const append of batch) {
    if (!append.stream.startsWith(pbxStream(''))) {
      run.push(append);
      continue;
    }
    yield run;
    yield [append];
    run = [];
  }
  yield run;
}

const placeStream = async (appends: readonly SpooledAppend[], options: PlacingOptions): Promise<void> => {
  for (const group of merged(appends, options)) await placeGroup(group, options);
};

/** Appends of one stream that follow each other, and were never sent, as one. */
function* merged(appends: readonly SpooledAppend[], { whyBarred }: PlacingOptions): Generator<SpooledAppend[]> {
  let group: SpooledAppend[] = [];
  let events = 0;
  for (const append of appends) {
    const last = group.at(-1);
    const goesOn =
      last &&
      append.expected === endOf(last.expected, last.events.length) &&
      events + append.events.length <= MERGED &&
      !whyBarred(last) &&
      !whyBarred(append);
    if (!goesOn && last) {
      yield group;
      group = [];
      events = 0;
    }
    group.push(append);
    events += append.events.length;
  }
  if (group.length > 0) yield group;
}

const placeGroup = async (group: readonly SpooledAppend[], options: PlacingOptions): Promise<void> => {
  const [first] = group;
  if (!first) return;
  if (group.length === 1) return placeOne(first, options);
  try {
    const events = group.flatMap(({ events }) => events);
    await options.append(first.stream, first.expected, events.map(asNew));
    for (const append of group) options.placed(append);
  } catch (error) {
    if (isAway(error)) {
      for (const append of group) options.sent(append);
      throw error;
    }
    // One of them may be at fault alone, or there already: as they were written, each is known again.
    for (const append of group) await placeOne(append, options);
  }
};

const placeOne = async (append: SpooledAppend, options: PlacingOptions): Promise<void> => {
  const why = options.whyBarred(append);
  if (why) return options.refused(append, why);
  const { stream, expected, events } = append;
  try {
    try {
      await options.append(stream, expected, events.map(asNew));
    } catch (error) {
      if (isAway(error) || events.length < 2) throw error;
      // Too large as a whole, or some of it is there from an earlier try in parts: each event alone is known again.
      for (const [index, event] of events.entries()) {
        await options.append(stream, index === 0 ? expected : endOf(expected, index), [asNew(event)]);
      }
    }
    options.placed(append);
  } catch (error) {
    if (!isAway(error)) return options.refused(append, error);
    options.sent(append);
    throw error;
  }
};

const isAway = (error: unknown): boolean => {
  const failure = appendFailure(error);
  return failure === 'away' || failure === 'closed';
};

const asNew = (recorded: RecordedEvent): NewEvent => {
  if (recorded.type === 'Unreadable') throw unreadableEvent(recorded.stream, recorded.data.reason);
  const { stream: _stream, revision: _revision, position: _position, recorded: _recorded, ...event } = recorded;
  // It was read, and brought up, as what this version knows.
  return { ...event, schema: SCHEMA_VERSION };
};

const unreadableEvent = (stream: string, why: string): RollcallError =>
  new RollcallError(
    'EVENT_INVALID',
    `An event for stream ${stream} that waited in the spool cannot be read: ${why}.`,
    'It was written by another version of Rollcall, or damaged.',
  );
