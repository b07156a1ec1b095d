import type { ChannelList, Observation } from '@rollcall/channel';
import { afterLine } from './framing.ts';
import { createLists, type FinishedList, LIST_EVENTS } from './lists.ts';
import { type AmiMessage, createMessage, slotOf } from './message.ts';
import { nameTable, startsWith } from './names.ts';
import { CHANNEL_EVENTS, observeEvent } from './observe.ts';
import { type AmiParserCounters, createAmiParser } from './parser.ts';
import { createPbxTime } from './pbx-time.ts';
import { isWantedVariable } from './varset.ts';

export type AmiObserverOptions = {
  /** Names of the channel variables to watch. */
  variables: readonly string[];
  /** Receive time in milliseconds since 1970, for a `push` that gives none. */
  now?: () => number;
  /** Longest message in bytes; 1 MiB unless said otherwise. */
  maxMessage?: number;
  /** Every response, with its bytes, which are only lent. */
  onResponse?: (bytes: Buffer, start: number, end: number) => void;
  /**
   * What to make of a finished list; undefined keeps it from the observations. Unless given, every list counts, as in a
   * recording, where nobody can tell whether a Status list of one item was asked for one channel or for all.
   */
  onList?: (finished: FinishedList) => ChannelList | undefined;
};

export type AmiObserver = {
  /** What these bytes say. `receivedAt`: milliseconds since 1970. Never throws, whatever the bytes. */
  push(chunk: Buffer, receivedAt?: number): Observation[];
  /** What was held back, now that nothing follows. */
  end(): Observation[];
  counters: AmiParserCounters;
};

const EVENTS = nameTable([...CHANNEL_EVENTS, ...LIST_EVENTS, 'FullyBooted', 'SuccessfulAuth']);
const FIRST_LIST_EVENT = CHANNEL_EVENTS.length;
const FULLY_BOOTED = FIRST_LIST_EVENT + LIST_EVENTS.length;
const SUCCESSFUL_AUTH = FULLY_BOOTED + 1;
const VAR_SET = CHANNEL_EVENTS.indexOf('VarSet');

const EVENT = Buffer.from('Event: ');
const RESPONSE = Buffer.from('Response: ');

const ACTION_ID = slotOf('ActionID');
const EVENT_LIST = slotOf('EventList');
const STARTUP_DATE = slotOf('CoreStartupDate');
const STARTUP_TIME = slotOf('CoreStartupTime');
const TIMESTAMP = slotOf('Timestamp');
const UPTIME = slotOf('Uptime');

const CR = 13;

/** Turns the bytes of AMI connections, live or recorded, into observations, in the order of the bytes. */
export const createAmiObserver = (options: AmiObserverOptions): AmiObserver => {
  const variables = new Set(options.variables);
  const variableTable = options.variables.length > 0 ? nameTable(options.variables) : undefined;
  const message: AmiMessage = createMessage();
  const lists = createLists(variables);
  const pbxTime = createPbxTime();
  const onList = options.onList ?? asRecorded;
  let observed: Observation[] = [];
  let receivedAt: number | undefined;

  const releaseUptime = (time?: number, withLogin = false): void => {
    const uptime = pbxTime.release(time, receivedAt, withLogin);
    if (uptime !== undefined) observed.push(uptime);
  };

  const event = (bytes: Buffer, start: number, end: number): void => {
    const nameStart = start + EVENT.length;
    const lineEnd = afterLine(bytes, nameStart, end) - 1;
    const kind = EVENTS.find(bytes, nameStart, bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd);
    const isWanted =
      kind >= 0 && kind !== SUCCESSFUL_AUTH && (kind !== VAR_SET || isWantedVariable(bytes, start, end, variableTable));
    if (!isWanted && !pbxTime.holds()) return;
    message.read(bytes, start, end);
    const time = message.milliseconds(TIMESTAMP);
    if (isWanted || time !== undefined) releaseUptime(time, kind === SUCCESSFUL_AUTH);
    if (time !== undefined) pbxTime.heard(time, receivedAt);
    if (isWanted) wanted(kind);
  };

  const wanted = (kind: number): void => {
    const channelEvent = CHANNEL_EVENTS[kind];
    const listEvent = LIST_EVENTS[kind - FIRST_LIST_EVENT];
    if (channelEvent !== undefined) {
      const observation = observeEvent(channelEvent, message, variables);
      if (observation !== undefined) observed.push(observation);
    } else if (listEvent !== undefined) {
      const finished = lists.take(listEvent, message, pbxTime.at(receivedAt));
      const list = finished && onList(finished);
      if (list !== undefined) observed.push({ kind: 'list', list, source: 'ami' });
    } else if (kind === FULLY_BOOTED) {
      const seconds = message.integer(UPTIME);
      if (seconds !== undefined) pbxTime.hold(seconds, receivedAt);
    }
  };

  const response = (bytes: Buffer, start: number, end: number): void => {
    message.read(bytes, start, end);
    if (message.text(EVENT_LIST) === 'start') lists.started(message.text(ACTION_ID) ?? '');
    const date = message.text(STARTUP_DATE);
    const time = message.text(STARTUP_TIME);
    if (date && time) {
      releaseUptime();
      observed.push({ kind: 'startup', startup: `ami:${date} ${time}` });
    }
    options.onResponse?.(bytes, start, end);
  };

  const parser = createAmiParser({
    ...(options.maxMessage !== undefined && { maxMessage: options.maxMessage }),
    banner: (version) => {
      releaseUptime();
      lists.clear();
      observed.push({ kind: 'connection', source: 'ami', version });
    },
    message: (bytes, start, end) => {
      if (startsWith(bytes, start, end, EVENT)) event(bytes, start, end);
      else if (startsWith(bytes, start, end, RESPONSE)) response(bytes, start, end);
      else parser.counters.malformed++;
    },
  });

  const taken = (): Observation[] => {
    const batch = observed;
    observed = [];
    return batch;
  };

  return {
    push: (chunk, at = options.now?.()) => {
      receivedAt = at;
      parser.push(chunk);
      return taken();
    },
    end: () => {
      parser.end();
      releaseUptime();
      return taken();
    },
    counters: parser.counters,
  };
};

const asRecorded = ({ list }: FinishedList): ChannelList =>
  list.authority === 'real' && list.channels.length === 1 ? { ...list, complete: false } : list;
