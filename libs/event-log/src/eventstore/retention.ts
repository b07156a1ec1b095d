import { isTerminal, type NewEvent } from '@rollcall/channel';
import type { ExpectedRevision } from '../event-log.ts';
import type { Names } from './names.ts';
import { note, noteData } from './own-stream.ts';
import { recordedAt, typeOf } from './record.ts';
import { backoff, type Server } from './server.ts';
import type { Streams } from './streams.ts';
import { appendMessages, streamRequest } from './wire.ts';

const HOUR_MS = 3_600_000;

/** `compactedTo` moves on in steps of this, so that it stands still while somebody works with it. */
const STEP_MS = HOUR_MS;

/** Streams are kept longer than was asked for by a step, and by how far the clocks of this machine and the server may differ. */
const MARGIN_MS = STEP_MS + HOUR_MS;

/** A setting that somebody else made is known here after this, at the latest: long before anything is dropped by it. */
const SETTING_OLD_MS = 600_000;

const TYPE = 'RetentionSet';

/** Milestones are kept this much longer than twice what they lead to, so that one before it is always there. */
const MILESTONES_LONGER_MS = 7 * 24 * HOUR_MS;

/** Streams whose `$maxAge` waits to be written while the server is away; beyond this some stay for ever, which only costs room. */
const WAITING_LIMIT = 100_000;

/** From a time on: how long closed streams are kept, in milliseconds; null: for ever. */
type Setting = { since: number; retain: number | null };

/**
 * Retention by the server's own means: a stream that closes gets a `$maxAge` such that none of its events is hidden before the
 * whole of it may go; scavenging then takes all but its last event. One setting for an installation: the one made last.
 */
export type Retention = {
  /** Before an append: a stream that is opened again must not lose its events. */
  prepare(stream: string, expected: ExpectedRevision): Promise<void>;
  /** After an append. */
  appended(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): void;
  /** What was recorded by then may be gone, where its stream is closed; undefined: nothing is. */
  droppedUpTo(): Promise<number | undefined>;
  /** Resolves once nothing waits to be written, or the log is closed. */
  idle(): Promise<void>;
};

/** Of a stream, in the server's own words. */
type Metadata = { $maxAge?: number };

/** The server counts in seconds. */
const maxAge = (ms: number): Metadata => ({ $maxAge: Math.ceil(ms / 1_000) });

const settingsOf = async (server: Server, name: string): Promise<Setting[]> => {
  const responses = await server.collect(streamRequest(name, 0, Number.MAX_SAFE_INTEGER));
  return responses.flatMap((response) => {
    const stored = response.getEvent()?.getEvent();
    if (!stored || typeOf(stored) !== TYPE) return [];
    const { retain } = noteData(stored) as { retain: number | null };
    return [{ since: recordedAt(stored), retain }];
  });
};

/** Up to when streams that closed may be gone at `now`, under each setting in its time. */
export const droppedUpTo = (settings: readonly Setting[], now: number): number | undefined => {
  const times = settings.flatMap(({ since, retain }, index) => {
    if (retain === null) return [];
    // Others may have gone by this setting for a while after the next was made.
    const until = (settings[index + 1]?.since ?? Number.POSITIVE_INFINITY) + HOUR_MS;
    const dropped = Math.min(Math.floor((now - retain) / STEP_MS) * STEP_MS, until);
    return dropped > since ? [dropped] : [];
  });
  return times.length === 0 ? undefined : Math.max(...times);
};

export const openRetention = async (
  { server, streams, names }: { server: Server; streams: Streams; names: Names },
  wanted: { retain: number | null } | undefined,
): Promise<Retention> => {
  const { clock, scheduler } = server.world;
  const setMetadata = (name: string, metadata: Metadata) =>
    server.append(appendMessages(`$$${name}`, 'any', [note(server.world, '$metadata', metadata)]));

  let settings = await settingsOf(server, names.retention);
  const current = (): number | null => settings.at(-1)?.retain ?? null;
  if (wanted && wanted.retain !== current()) {
    await server.append(appendMessages(names.retention, 'any', [note(server.world, TYPE, wanted)]));
    const { retain } = wanted;
    await setMetadata(names.milestones, retain === null ? {} : maxAge(2 * retain + MILESTONES_LONGER_MS));
    settings = await settingsOf(server, names.retention);
  }
  let lookedAt = clock.monotonic();
  const look = async (): Promise<void> => {
    if (clock.monotonic() - lookedAt < SETTING_OLD_MS) return;
    settings = await settingsOf(server, names.retention);
    lookedAt = clock.monotonic();
  };

  /** When the streams began that are open and known here. */
  const began = new Map<string, number>();
  const waiting = new Map<string, Metadata>();
  const under = new Set<Promise<void>>();
  let writing: Promise<void> | undefined;

  const writeWaiting = async (): Promise<void> => {
    for (let failures = 0; waiting.size > 0 && !server.closing.aborted; ) {
      const [next] = waiting;
      if (!next) return;
      const [stream, metadata] = next;
      try {
        await setMetadata(names.prefix + stream, metadata);
        if (waiting.get(stream) === metadata) waiting.delete(stream);
        failures = 0;
      } catch {
        await scheduler.sleep(backoff(failures, server.world), server.closing);
        failures += 1;
      }
    }
  };

  const closed = async (stream: string): Promise<void> => {
    await look();
    const retain = current();
    const since = began.get(stream);
    began.delete(stream);
    if (retain === null || since === undefined || waiting.size >= WAITING_LIMIT) return;
    const lifetime = Math.max(0, clock.now() - since);
    waiting.set(stream, maxAge(lifetime + retain + MARGIN_MS));
    writing ??= writeWaiting().finally(() => {
      writing = undefined;
    });
    await writing;
  };

  return {
    prepare: async (stream, expected) => {
      if (settings.length === 0 || expected === 'none' || began.has(stream)) return;
      const [first, last] = await Promise.all([
        streams.event(names.prefix + stream, 0),
        streams.event(names.prefix + stream, 'last'),
      ]);
      if (first) began.set(stream, recordedAt(first));
      if (last && !isTerminal(typeOf(last))) return;
      waiting.delete(stream);
      await setMetadata(names.prefix + stream, {});
    },
    appended: (stream, expected, events) => {
      if (settings.length === 0) return;
      if (expected === 'none' && !began.has(stream)) began.set(stream, clock.now());
      if (!isTerminal(events.at(-1)?.type ?? '')) return;
      const work: Promise<void> = closed(stream)
        .catch(() => {})
        .finally(() => under.delete(work));
      under.add(work);
    },
    droppedUpTo: async () => {
      await look();
      return droppedUpTo(settings, clock.now());
    },
    idle: async () => void (await Promise.all(under)),
  };
};
