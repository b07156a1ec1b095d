import type { ChannelList, ListedChannel } from '@rollcall/channel';
import { channelFacts, put } from './facts.ts';
import { type AmiMessage, slotOf } from './message.ts';

const ACTION_ID = slotOf('ActionID');
const APPLICATION = slotOf('Application');
const APPLICATION_DATA = slotOf('ApplicationData');
const BRIDGE_OF_CORE_SHOW = slotOf('BridgeId');
const BRIDGE_OF_STATUS = slotOf('BridgeID');
const DATA = slotOf('Data');
const DURATION = slotOf('Duration');
const EVENT_LIST = slotOf('EventList');
const LIST_ITEMS = slotOf('ListItems');
const SECONDS = slotOf('Seconds');
const UNIQUEID = slotOf('Uniqueid');

/**
 * Events of the two lists of channels. `Status` walks the real channels; `CoreShowChannel` reads Asterisk's snapshot cache,
 * ghosts included (16 to 23).
 */
export const LIST_EVENTS = ['Status', 'StatusComplete', 'CoreShowChannel', 'CoreShowChannelsComplete'] as const;

export type ListEventName = (typeof LIST_EVENTS)[number];

export type FinishedList = { actionId: string; list: ChannelList };

/** Puts lists together while other events stand between their items. Lists are told apart by kind and ActionID. */
export type AmiLists = {
  /** Returns the list that this event finishes. `now`: PBX time where known, to turn durations into creation times. */
  take(event: ListEventName, message: AmiMessage, now: number | undefined): FinishedList | undefined;
  /** A list begins: whatever came before under the same ActionID was never finished. */
  started(actionId: string): void;
  /** The connection is lost, and with it every unfinished list. */
  clear(): void;
};

type OpenList = { channels: ListedChannel[]; received: number };

const MAX_OPEN_LISTS = 16;
const MAX_ITEMS = 200_000;

export const createLists = (variables: ReadonlySet<string>): AmiLists => {
  const open = new Map<string, OpenList>();

  const openList = (key: string): OpenList => {
    const known = open.get(key);
    if (known !== undefined) return known;
    const oldest = open.keys().next();
    if (open.size >= MAX_OPEN_LISTS && !oldest.done) open.delete(oldest.value);
    const list: OpenList = { channels: [], received: 0 };
    open.set(key, list);
    return list;
  };

  const addItem = (key: string, item: ListedChannel | undefined): void => {
    const list = openList(key);
    list.received++;
    if (item !== undefined && list.channels.length < MAX_ITEMS) list.channels.push(item);
  };

  const finish = (authority: ChannelList['authority'], actionId: string, message: AmiMessage): FinishedList => {
    const key = `${authority} ${actionId}`;
    const { channels, received } = openList(key);
    open.delete(key);
    const complete =
      message.text(EVENT_LIST) === 'Complete' &&
      message.integer(LIST_ITEMS) === received &&
      channels.length === received;
    return { actionId, list: { authority, channels, complete } };
  };

  const take = (event: ListEventName, message: AmiMessage, now: number | undefined): FinishedList | undefined => {
    const actionId = message.text(ACTION_ID) ?? '';
    switch (event) {
      case 'Status':
        addItem(`real ${actionId}`, statusItem(message, variables, now));
        return undefined;
      case 'CoreShowChannel':
        addItem(`cache ${actionId}`, coreShowItem(message, variables, now));
        return undefined;
      case 'StatusComplete':
        return finish('real', actionId, message);
      case 'CoreShowChannelsComplete':
        return finish('cache', actionId, message);
    }
  };

  const started = (actionId: string): void => {
    open.delete(`real ${actionId}`);
    open.delete(`cache ${actionId}`);
  };

  return { take, started, clear: () => open.clear() };
};

const statusItem = (
  message: AmiMessage,
  variables: ReadonlySet<string>,
  now: number | undefined,
): ListedChannel | undefined => {
  const item = listed(message, variables);
  if (item === undefined) return undefined;
  put(item.facts, 'application', notNull(message.text(APPLICATION)));
  put(item.facts, 'applicationData', notNull(message.text(DATA)));
  put(item.facts, 'bridge', message.text(BRIDGE_OF_STATUS));
  put(item.facts, 'created', before(now, message.integer(SECONDS)));
  return item;
};

/** Status prints `(null)` where no application runs; CoreShowChannels and the events leave it empty (16 to 23). */
const notNull = (text: string | undefined): string | undefined => (text === '(null)' ? '' : text);

const coreShowItem = (
  message: AmiMessage,
  variables: ReadonlySet<string>,
  now: number | undefined,
): ListedChannel | undefined => {
  const item = listed(message, variables);
  if (item === undefined) return undefined;
  put(item.facts, 'applicationData', message.text(APPLICATION_DATA));
  put(item.facts, 'bridge', message.text(BRIDGE_OF_CORE_SHOW));
  put(item.facts, 'created', before(now, durationSeconds(message.text(DURATION))));
  return item;
};

const listed = (message: AmiMessage, variables: ReadonlySet<string>): ListedChannel | undefined => {
  const uniqueid = message.text(UNIQUEID);
  if (!uniqueid) return undefined;
  const facts = channelFacts(message, variables);
  put(facts, 'application', message.text(APPLICATION));
  return { uniqueid, facts };
};

const before = (now: number | undefined, seconds: number | undefined): number | undefined =>
  now === undefined || seconds === undefined ? undefined : now - seconds * 1000;

/** `HH:MM:SS`; the hours go on beyond 99. */
const durationSeconds = (text: string | undefined): number | undefined => {
  const parts = text === undefined ? null : /^(\d{2,9}):(\d\d):(\d\d)$/.exec(text);
  return parts ? Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]) : undefined;
};
