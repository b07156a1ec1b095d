import type { Observation } from '@rollcall/channel';
import { createAriObserver } from '../ari/observe.ts';
import { createLineReader, type Line } from './lines.ts';
import { emptyReport, type RecordedPart, type Recording, reportMalformed } from './recording.ts';
import { uncompressed } from './uncompressed.ts';

export type AriRecordingOptions = {
  /** Names of the channel variables to observe. */
  variables: readonly string[];
};

/**
 * Reads recorded ARI events, one JSON a line, gzipped or not: `{"t": milliseconds since the start, "e": event}`, or the bare
 * events, whose own timestamps then tell `t`. A line that cannot be read is reported and skipped.
 */
export const readAriRecording = (input: AsyncIterable<Buffer>, { variables }: AriRecordingOptions): Recording => {
  const report = emptyReport();
  const observe = createAriObserver(variables);
  const since = recordingTime();

  const read = (line: Line): { t: number | undefined; observations: Observation[] } => {
    const none = { t: undefined, observations: [] };
    const parsed = parse(line);
    if (parsed === undefined) return none;
    if ('why' in parsed) {
      reportMalformed(report, line.number, parsed.why);
      return none;
    }
    const observed = observe(parsed.event);
    if (observed.is === 'malformed') {
      reportMalformed(report, line.number, observed.why);
      return none;
    }
    report.events += 1;
    const observations = observed.is === 'observation' ? [observed.observation] : [];
    return { t: since(parsed.t, observations[0]?.time), observations };
  };

  async function* parts(): AsyncGenerator<RecordedPart, void> {
    const lines = createLineReader();
    const damaged = (why: string) => {
      report.damage = why;
    };
    for await (const piece of uncompressed(input, damaged)) yield* grouped(lines.push(piece).map(part));
    yield* grouped(lines.end().map(part));
  }
  const part = (line: Line): RecordedPart => ({ ...read(line), bytes: line.bytes });

  return { parts: parts(), report };
};

/** Undefined for an empty line. */
const parse = ({ text, ended }: Line): { event: unknown; t: number | undefined } | { why: string } | undefined => {
  if (text === undefined) return { why: 'longer than 1 MiB' };
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('e' in value)) return { event: value, t: undefined };
    const t = 't' in value && Number.isFinite(value.t) ? Number(value.t) : undefined;
    return { event: value.e, t };
  } catch {
    return { why: ended ? 'not JSON' : 'not JSON: the recording was cut within this line' };
  }
};

/** Time since the start of the recording: as recorded, else by the event's own time. A clock that was set back stands still. */
const recordingTime = () => {
  let first: number | undefined;
  let last: number | undefined;
  return (recorded: number | undefined, time: number | undefined): number | undefined => {
    if (recorded === undefined && time !== undefined) first ??= time;
    const t = recorded ?? (time === undefined || first === undefined ? undefined : time - first);
    if (t !== undefined) last = last === undefined ? t : Math.max(last, t);
    return last;
  };
};

/** Lines of the same moment together, so that whoever takes them works in batches. */
function* grouped(lines: RecordedPart[]): Generator<RecordedPart, void> {
  let group: RecordedPart | undefined;
  for (const line of lines) {
    if (group && (line.t === undefined || line.t === group.t)) {
      group.observations.push(...line.observations);
      group.bytes += line.bytes;
      continue;
    }
    if (group) yield group;
    group = line;
  }
  if (group) yield group;
}
