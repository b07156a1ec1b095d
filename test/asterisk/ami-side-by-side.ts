import { waitFor } from '../support/rollcall-process.ts';
import type { Headers, Judge } from './judge.ts';

/** Items of a list by Uniqueid. */
type Items = Map<string, Headers>;
export type Lists = { coreShowChannels: Items; status: Items; concise: Items };
export type ListName = keyof Lists;

/** `same`: always; `impossible`: no feed of AMI says it, and ours is empty; a rule: derived, as it says. */
export type Fidelity = 'same' | 'impossible' | ((theirs: string, ours: string) => boolean);
export type Table = Record<string, Fidelity>;

export const CONCISE = [
  ...['name', 'context', 'exten', 'priority', 'state', 'application', 'data', 'callerid', 'accountcode', 'peeraccount'],
  ...['amaflags', 'duration', 'bridgeid', 'uniqueid'],
];
/** What moves on by itself. */
const CLOCKS = new Set(['ActionID', 'Duration', 'Seconds', 'TimeToHangup', 'duration']);

const seconds = (text: string): number => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
/** Two clocks, cut to whole seconds, asked one after the other. */
const aboutThen: Fidelity = (theirs, ours) => Math.abs(seconds(theirs) - seconds(ours)) <= 2;

const SNAPSHOT = [
  ...['Channel', 'ChannelState', 'ChannelStateDesc', 'CallerIDNum', 'CallerIDName', 'ConnectedLineNum'],
  ...['ConnectedLineName', 'Language', 'AccountCode', 'Context', 'Exten', 'Priority', 'Uniqueid', 'Linkedid'],
];
const same = (names: readonly string[]): Table => Object.fromEntries(names.map((name) => [name, 'same']));
const impossible = (names: readonly string[]): Table => Object.fromEntries(names.map((name) => [name, 'impossible']));

/** Every header of every item, and every field of a line: what of Asterisk's is in ours. docs/fields.md has the same table. */
export const TABLES: Record<ListName, Table> = {
  coreShowChannels: {
    ...same(['Event', ...SNAPSHOT, 'Application', 'ApplicationData', 'BridgeId']),
    Duration: aboutThen,
  },
  status: {
    ...same(['Event', 'Privilege', ...SNAPSHOT, 'Type', 'BridgeID', 'Application', 'Data', 'Variable']),
    ...same(['EffectiveConnectedLineNum', 'EffectiveConnectedLineName']),
    ...impossible(['DNID', 'TimeToHangup', 'Nativeformats', 'Readformat', 'Readtrans', 'Writeformat', 'Writetrans']),
    ...impossible(['Callgroup', 'Pickupgroup']),
    Seconds: aboutThen,
  },
  concise: { ...same(CONCISE), ...impossible(['peeraccount', 'amaflags']), duration: aboutThen },
};

const byUniqueid = (items: readonly Headers[]): Items =>
  new Map(items.map(({ ActionID, ...item }) => [item.Uniqueid ?? '', item]));

const conciseLines = async (judge: Judge, items: Items): Promise<Items> => {
  const { response } = await judge.action({ Action: 'Command', Command: 'core show channels concise' });
  // Channels of Asterisk's internal technologies are in no feed.
  const lines = (response.Output ?? '').split('\n').filter((line) => line !== '' && !INTERNAL.test(line));
  const named = lines.map((line) => [line.split('!').at(-1) ?? '', line] as const);
  return new Map(named.map(([id, line]) => [id, conciseFields(line, items.get(id))]));
};

const INTERNAL = /^(CBAnn|CBRec|Surrogate|Announcer|Recorder|Message)\//;

/** Exclamation marks inside a field are not escaped: what the fields hold is known from the same channel in the other list. */
const conciseFields = (line: string, item: Headers | undefined): Headers => {
  const parts = line.split('!');
  const rest = parts.slice(6, -4).join('!');
  const number = item?.CallerIDNum === '<unknown>' ? '' : item?.CallerIDNum;
  const known = [item?.ApplicationData ?? '', number ?? '', item?.AccountCode ?? ''];
  const start = `${known.join('!')}!`;
  const middle = rest.startsWith(start) ? [...known, rest.slice(start.length)] : parts.slice(6, -4);
  const fields = [...parts.slice(0, 6), ...middle, ...parts.slice(-4)];
  return Object.fromEntries(CONCISE.map((name, index) => [name, fields[index] ?? '']));
};

const listsOf = async (judge: Judge): Promise<Lists> => {
  const status = await judge.action({ Action: 'Status', Variables: 'SIDE,EXTEN,UNIQUEID' });
  const coreShowChannels = byUniqueid(await judge.coreShowChannels());
  return { coreShowChannels, status: byUniqueid(status.items), concise: await conciseLines(judge, coreShowChannels) };
};

const stable = (lists: Lists): string =>
  JSON.stringify(
    Object.values(lists).map((items) =>
      [...items].map(([id, item]) => [id, Object.entries(item).filter(([name]) => !CLOCKS.has(name))]).sort(),
    ),
  );

/** What both answer at a moment at which nothing changes, with at least so many channels. */
export const quietLists = async (
  asterisk: Judge,
  rollcall: Judge,
  atLeast: number,
): Promise<{ theirs: Lists; ours: Lists }> => {
  let moment: { theirs: Lists; ours: Lists } | undefined;
  await waitFor(`a quiet moment with ${atLeast} channels`, async () => {
    const theirs = await listsOf(asterisk);
    if (theirs.status.size < atLeast) return false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ours = await listsOf(rollcall);
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (stable(await listsOf(asterisk)) !== stable(theirs) || stable(await listsOf(rollcall)) !== stable(ours))
      return false;
    moment = { theirs, ours };
    return true;
  });
  if (!moment) throw new Error('no quiet moment');
  return moment;
};

/** What is otherwise than the tables say; empty when all is. A header of one side alone is wrong too, and another order. */
export const listDifferences = (theirs: Lists, ours: Lists): string[] =>
  (['coreShowChannels', 'status', 'concise'] as const).flatMap((list) =>
    [...new Set([...theirs[list].keys(), ...ours[list].keys()])].flatMap((id) =>
      itemDifferences(list, theirs[list].get(id), ours[list].get(id)),
    ),
  );

const itemDifferences = (list: ListName, theirs: Headers | undefined, ours: Headers | undefined): string[] => {
  const name = `${list} ${theirs?.Channel ?? theirs?.name ?? ours?.Channel ?? ours?.name}`;
  if (!theirs || !ours) return [`${name}: ${theirs ? 'Asterisk' : 'ours'} only`];
  const [a, b] = [Object.keys(theirs).join(), Object.keys(ours).join()];
  if (a !== b) return [`${name}: headers ${a}, ours ${b}`];
  return Object.entries(theirs).flatMap(([header, their]) => {
    const our = ours[header] ?? '';
    return holds(TABLES[list][header], their, our) ? [] : [`${name} ${header}: ${their}, ours ${our}`];
  });
};

const holds = (fidelity: Fidelity | undefined, theirs: string, ours: string): boolean => {
  if (fidelity === 'same') return theirs === ours;
  if (fidelity === 'impossible') return ours === '';
  return fidelity?.(theirs, ours) ?? false;
};
