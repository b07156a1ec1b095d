import type { World } from '@rollcall/clock';
import { clockSkew } from '../clock-skew.ts';
import { type Finding, finding } from '../finding.ts';
import { allLines, type ReadSetting, settingsOf } from './config.ts';
import { type EventFilter, hiddenBy, namedFilter, plainFilter } from './event-filter.ts';
import { askPermissions, permissionFinding } from './permissions.ts';
import type { AmiSession } from './session.ts';

export type Examined = {
  session: Pick<AmiSession, 'ask'>;
  world: Pick<World, 'clock'>;
  user: string;
  /** Those that are needed. */
  events: readonly string[];
  /** The version of AMI (`11.0.0`). */
  protocol: string | undefined;
  /** The user's secret may cross the wire: it is encrypted, or does not leave the machine, or crossed it at login. */
  maySeeSecret: boolean;
};

const FILE = 'manager.conf';

/**
 * What can be learned of the PBX that bears on Rollcall. Settings are those that stand in Asterisk's files now.
 * @throws PBX_NO_ANSWER, PBX_CONNECTION_LOST
 */
export const examine = async (examined: Examined): Promise<Finding[]> => {
  const { session, world, user } = examined;
  const permissions = await askPermissions(session, user);
  const actions = permissions.actions ?? new Set<string>();
  const skew = await clockSkew(world.clock, async () => pbxTime(await session.ask({ Action: 'Ping' })));
  const read = settingsOf(session);
  // Without it the user is not in that file, or the file cannot be read: then nothing said of it means anything.
  const isReadable = actions.has('Getvar') && (await read(FILE, user, 'read')) !== undefined;
  const settings = isReadable
    ? [await eventTimes(read), await writeTimeout(read, user), await eventFilter(examined, read, actions)]
    : (['event-times', 'write-timeout', 'event-filter'] as const).map(unreadable);
  return [skew, permissionFinding(permissions, user), ...settings];
};

const pbxTime = (answer: { get: (header: string) => string | undefined }): number | undefined => {
  const seconds = Number(answer.get('Timestamp') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
};

const unreadable = (what: Finding['what']): Finding =>
  finding(
    what,
    undefined,
    'manager.conf, or this user in it, cannot be read over AMI: that needs write=reporting and func_config.so.',
    'Look there yourself.',
  );

const YES = /^(yes|true|y|t|1|on)$/i;

const eventTimes = async (read: ReadSetting): Promise<Finding> => {
  const isOn = YES.test((await read(FILE, 'general', 'timestampevents')) ?? '');
  return finding(
    'event-times',
    isOn,
    isOn ? 'Events carry the time of the PBX.' : 'Events carry no time: they get that of their arrival.',
    'Set timestampevents=yes in [general] of manager.conf.',
  );
};

/** Asterisk's own, where nothing or less is set (16 to 23). */
const LEAST_TIMEOUT_MS = 100;
const ENOUGH_TIMEOUT_MS = 1000;

const writeTimeout = async (read: ReadSetting, user: string): Promise<Finding> => {
  const set = Number((await read(FILE, user, 'writetimeout')) ?? LEAST_TIMEOUT_MS);
  const ms = set >= LEAST_TIMEOUT_MS ? set : LEAST_TIMEOUT_MS;
  const detail = `Asterisk gives up a connection of AMI user "${user}" that takes nothing for ${ms} ms.`;
  return finding('write-timeout', ms >= ENOUGH_TIMEOUT_MS, detail, 'Set writetimeout=10000 for it in manager.conf.');
};

/** Messages inside Asterisk without which no event of a channel, or none of those named so, comes about (stasis.conf). */
const NEEDED_MESSAGES = [
  'ast_channel_snapshot_type',
  'ast_channel_entered_bridge_type',
  'ast_channel_left_bridge_type',
  'ast_channel_hold_type',
  'ast_channel_unhold_type',
  'ast_channel_hangup_request_type',
];

const eventFilter = async (examined: Examined, read: ReadSetting, actions: ReadonlySet<string>): Promise<Finding> => {
  const { user, events } = examined;
  const disabled = ((await read(FILE, 'general', 'disabledevents')) ?? '').split(',').map((name) => name.trim());
  const declined = await allLines(read, 'stasis.conf', 'declined_message_types', 'decline');
  const plain = (await allLines(read, FILE, user, 'eventfilter')).map(plainFilter);
  const named = await namedFilters(examined, actions);
  const filters = [...plain, ...(named ?? [])];
  const texts = filters.map(({ text }) => text);
  const { hidden, doubtful } = hiddenBy(filters, events);
  const kept = [
    { what: hidden, by: texts.join(', ') },
    { what: events.filter((event) => disabled.includes(event)), by: 'disabledevents in [general]' },
    { what: NEEDED_MESSAGES.filter((type) => declined.includes(type)), by: 'stasis.conf' },
  ].filter(({ what }) => what.length > 0);
  const advice = `Let all of these pass: ${events.join(', ')}.`;
  const about = `AMI user "${user}"`;
  if (kept.length > 0) {
    const detail = kept.map(({ what, by }) => `${what.join(', ')} (by ${by})`).join('; ');
    return finding('event-filter', false, `Kept from ${about}: ${detail}.`, advice);
  }
  if (doubtful.length > 0) {
    const detail = `Filters may keep events of some channels from ${about}: ${texts.join(', ')}.`;
    return finding('event-filter', undefined, detail, advice);
  }
  if (named === undefined) {
    const detail = `No plain filter keeps events from ${about}; one of the form eventfilter(…) cannot be seen over this connection.`;
    return finding(
      'event-filter',
      undefined,
      detail,
      'Look into manager.conf yourself, or connect with TLS (amis://).',
    );
  }
  return finding('event-filter', true, `Nothing keeps events from ${about}.`);
};

/**
 * Filters of the later form, which only GetConfig shows, and with them the user's secret: it is asked only where that may cross
 * the wire, and only for a user who has such a filter. Undefined: it cannot be told.
 */
const namedFilters = async (
  { session, user, protocol, maySeeSecret }: Examined,
  actions: ReadonlySet<string>,
): Promise<EventFilter[] | undefined> => {
  // AMI 5 and 6 are Asterisk 16 and 17, which know only the plain form.
  if (protocol !== undefined && Number.parseInt(protocol, 10) < 7) return [];
  if (!maySeeSecret || !actions.has('GetConfig')) return undefined;
  const only = { Filename: FILE, Category: user, Filter: 'eventfilter\\(.*=.*' };
  const answer = await session.ask({ Action: 'GetConfig', ...only });
  if (answer.response !== 'Success') return undefined;
  return answer.headers.flatMap(([header, line]) => {
    const [, setting, value] = /^(eventfilter\(.*\))\s*=>?\s*(.*)$/.exec(line) ?? [];
    return header.startsWith('Line-') && setting !== undefined ? [namedFilter(setting, value ?? '')] : [];
  });
};
