import type { Observation } from '@rollcall/channel';

/** A recorded feed being read. Nothing in it can make the reading throw but a wrong `--chunks` file. */
export type Recording = {
  /** In the order of the recording. To be read once. */
  parts: AsyncIterable<RecordedPart>;
  /** Grows while the parts are read; final after the last one. */
  report: RecordingReport;
};

export type RecordedPart = {
  /** Milliseconds since the start of the recording, where it tells; never falls. */
  t: number | undefined;
  observations: Observation[];
  /** Bytes of the recording that this part took, uncompressed. */
  bytes: number;
};

export type RecordingReport = {
  /** ARI events or AMI messages understood as such, whether or not they concern the channel list. */
  events: number;
  /** How many lines (ARI) or messages (AMI) could not be read and were skipped. */
  malformed: number;
  /** The first of them, for the operator. */
  examples: { line: number | undefined; why: string }[];
  /** What is wrong with the recording as a whole: cut short, damaged. Everything before that point was read. */
  damage: string | undefined;
};

const EXAMPLES = 20;

export const emptyReport = (): RecordingReport => ({ events: 0, malformed: 0, examples: [], damage: undefined });

export const reportMalformed = (report: RecordingReport, line: number | undefined, why: string): void => {
  report.malformed += 1;
  if (report.examples.length < EXAMPLES) report.examples.push({ line, why });
};
