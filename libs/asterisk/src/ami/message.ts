import { createInterned } from './interned.ts';
import { nameTable } from './names.ts';

const HEADERS = [
  'ActionID',
  'AppData',
  'Application',
  'ApplicationData',
  'AccountCode',
  'BridgeID',
  'BridgeId',
  'BridgeUniqueid',
  'CID-CallingPres',
  'CallerIDName',
  'CallerIDNum',
  'Cause',
  'Cause-txt',
  'ChanVariable',
  'Channel',
  'ChannelState',
  'ConnectedLineName',
  'ConnectedLineNum',
  'Context',
  'CoreStartupDate',
  'CoreStartupTime',
  'Data',
  'Duration',
  'EventList',
  'Exten',
  'Language',
  'Linkedid',
  'ListItems',
  'MusicClass',
  'Newname',
  'Priority',
  'Seconds',
  'Tenantid',
  'TechCause',
  'Timestamp',
  'Uniqueid',
  'Uptime',
  'Value',
  'Variable',
] as const;

export type Header = (typeof HEADERS)[number];

const TABLE = nameTable(HEADERS);

/** A header's place in the slots; taken once, where a module is loaded. */
export const slotOf = (header: Header): number => HEADERS.indexOf(header);

const CHAN_VARIABLE = slotOf('ChanVariable');
const LF = 10;
const CR = 13;
const COLON = 58;
const BLANK = 32;
const MAX_VARIABLES = 1000;

/** The headers of one message that matter here, read in place; valid until the next `read` or while the bytes are. */
export type AmiMessage = {
  read(bytes: Buffer, start: number, end: number): void;
  /** As sent: `''` is an empty value, undefined an absent header. Of a repeated header the first counts. */
  text(slot: number): string | undefined;
  /** Undefined when absent or not a whole number. */
  integer(slot: number): number | undefined;
  /** A PBX's `seconds.microseconds` in whole milliseconds. */
  milliseconds(slot: number): number | undefined;
  /** All `ChanVariable` headers, in their order. */
  chanVariables(): string[];
};

export const createMessage = (): AmiMessage => {
  const starts = new Int32Array(HEADERS.length);
  const ends = new Int32Array(HEADERS.length);
  const variables: number[] = [];
  const interned = createInterned();
  let current: Buffer = Buffer.alloc(0);

  const read = (bytes: Buffer, start: number, end: number): void => {
    current = bytes;
    starts.fill(-1);
    variables.length = 0;
    // Application data may hold line feeds, which Asterisk sends as they are: where lines end in CRLF, only that ends them.
    const isCrlf = bytes[end - 2] === CR;
    let line = start;
    while (line < end) {
      let colon = line;
      while (colon < end && bytes[colon] !== COLON && bytes[colon] !== LF) colon++;
      let lf = colon;
      while (lf < end && (bytes[lf] !== LF || (isCrlf && bytes[lf - 1] !== CR))) lf++;
      if (colon < lf) {
        const slot = TABLE.find(bytes, line, colon);
        if (slot >= 0)
          keep(slot, bytes[colon + 1] === BLANK ? colon + 2 : colon + 1, bytes[lf - 1] === CR ? lf - 1 : lf);
      }
      line = lf + 1;
    }
  };

  const keep = (slot: number, start: number, end: number): void => {
    if (slot === CHAN_VARIABLE && variables.length < MAX_VARIABLES) variables.push(start, Math.max(start, end));
    if (starts[slot] !== -1) return;
    starts[slot] = start;
    ends[slot] = Math.max(start, end);
  };

  const text = (slot: number): string | undefined => {
    const start = starts[slot] ?? -1;
    return start < 0 ? undefined : interned(current, start, ends[slot] ?? start);
  };

  const integer = (slot: number): number | undefined => {
    const start = starts[slot] ?? -1;
    return start < 0 ? undefined : wholeNumber(current, start, ends[slot] ?? start);
  };

  const milliseconds = (slot: number): number | undefined => {
    const start = starts[slot] ?? -1;
    return start < 0 ? undefined : millisecondsAt(current, start, ends[slot] ?? start);
  };

  const chanVariables = (): string[] => {
    const texts: string[] = [];
    for (let i = 0; i + 1 < variables.length; i += 2)
      texts.push(interned(current, variables[i] ?? 0, variables[i + 1] ?? 0));
    return texts;
  };

  return { read, text, integer, milliseconds, chanVariables };
};

const MAX_DIGITS = 15;

const wholeNumber = (bytes: Uint8Array, start: number, end: number): number | undefined => {
  const negative = bytes[start] === 45;
  const from = negative ? start + 1 : start;
  if (from >= end || end - from > MAX_DIGITS) return undefined;
  let number = 0;
  for (let i = from; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return negative ? 0 - number : number;
};

const millisecondsAt = (bytes: Uint8Array, start: number, end: number): number | undefined => {
  let point = start;
  while (point < end && bytes[point] !== 46) point++;
  const seconds = wholeNumber(bytes, start, point);
  if (seconds === undefined || seconds < 0 || point - start > 11) return undefined;
  const fraction = Math.min(3, end - point - 1);
  if (fraction <= 0) return seconds * 1000;
  const part = wholeNumber(bytes, point + 1, point + 1 + fraction);
  return part === undefined || part < 0 ? undefined : seconds * 1000 + part * 10 ** (3 - fraction);
};
