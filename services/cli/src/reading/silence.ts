import { position, type RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';

type Log = Pick<EventLog, 'readAll'>;

/** A time in which nothing was heard of a PBX: whatever happened then shows only in what was heard, or listed, after it. */
export type Silence = {
  /** Milliseconds since 1970. */
  from: number;
  /** Undefined while it lasts. */
  to: number | undefined;
  /** It cannot be told more exactly: `from` is the last and `to` the first that was heard. */
  atMost: boolean;
  reason: string;
};

/** What `start` writes when it finds that the process before it did not end its connections. */
const NOT_RUNNING = 'Rollcall was not running';
/** Events around a loss in which the last and first reports of the PBX are looked for. */
const AROUND = 500;

/**
 * The silence after a lost connection, up to the next one. The log has the time of both by our own clock; but a process that was killed
 * wrote nothing at its end, and in a recording those times are of its import: there it was silent between two reports.
 */
export const readSilence = async (
  log: Log,
  lost: RecordedEvent & { type: 'PbxDisconnected' },
  back: RecordedEvent | undefined,
  recording: boolean,
): Promise<Silence> => {
  const { reason } = lost.data;
  if (recording) {
    const last = await lastReport(log, lost);
    const first = back && (await firstReport(log, back));
    return { from: last ?? lost.time, to: back && (first ?? back.time), atMost: true, reason };
  }
  if (reason !== NOT_RUNNING) return { from: lost.time, to: back?.time, atMost: false, reason };
  return { from: await recordedBefore(log, lost), to: back?.time, atMost: true, reason };
};

const isReport = ({ source, stream }: RecordedEvent): boolean =>
  stream.startsWith('channel/') && (source === 'ami' || source === 'ari');

const lastReport = async (log: Log, { position: at, pbx }: RecordedEvent): Promise<number | undefined> => {
  let time: number | undefined;
  for await (const batch of log.readAll(position(Math.max(0, at - 1 - AROUND)), position(at - 1))) {
    time = batch.findLast((event) => event.pbx === pbx && isReport(event))?.time ?? time;
  }
  return time;
};

const firstReport = async (log: Log, { position: at, pbx }: RecordedEvent): Promise<number | undefined> => {
  for await (const batch of log.readAll(at, position(at + AROUND))) {
    const found = batch.find((event) => event.pbx === pbx && isReport(event));
    if (found) return found.time;
  }
  return undefined;
};

const recordedBefore = async (log: Log, { position: at, recorded }: RecordedEvent): Promise<number> => {
  for await (const batch of log.readAll(position(Math.max(0, at - 2)), position(at - 1))) {
    return batch.at(-1)?.recorded ?? recorded;
  }
  return recorded;
};

/** `nothing was heard of pbx-a for at most 4.1 s (the recorded connection ended)` */
export const silenceText = (pbx: string, { from, to, atMost, reason }: Silence, now: number): string => {
  const long = duration((to ?? now) - from);
  const text =
    to === undefined
      ? `nothing is heard of ${pbx} since, for ${long} so far`
      : `nothing was heard of ${pbx} for ${atMost ? 'at most ' : ''}${long}`;
  return `${text} (${reason})`;
};

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** Rounded up, so that what is said to be the most is. */
const duration = (milliseconds: number): string => {
  const tenths = Math.max(0, Math.ceil(milliseconds / 100));
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.ceil(milliseconds / SECOND);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.ceil(milliseconds / MINUTE);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.ceil(milliseconds / HOUR);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
};
