import { pbxError } from '../errors.ts';
import { type Finding, finding } from '../finding.ts';
import { settingsOf } from './config.ts';
import type { AmiSession } from './session.ts';

const NEEDED_ACTIONS = ['Status', 'CoreStatus'];
const NEEDED_READ = ['call', 'dialplan'];
/** The user's name becomes part of a CLI command: only names that cannot be taken for more. */
const SAFE_NAME = /^[\w.@-]{1,80}$/;

/** What the user may see and do, as far as AMI tells (Asterisk 16 to 23). */
export type Permissions = {
  /** The actions that the `write` classes allow: ListCommands, open to everybody, names exactly these. */
  actions: ReadonlySet<string> | undefined;
  /**
   * The `read` classes: as Asterisk holds them (`manager show user`, for class `command`), or as manager.conf has them, which may have
   * been changed since it was loaded.
   */
  read: { classes: ReadonlySet<string>; from: 'Asterisk' | 'manager.conf' } | undefined;
};

export const askPermissions = async (session: Pick<AmiSession, 'ask'>, user: string): Promise<Permissions> => {
  const commands = await session.ask({ Action: 'ListCommands' });
  if (commands.response !== 'Success') return { actions: undefined, read: undefined };
  const actions = new Set(commands.headers.map(([header]) => header));
  return { actions, read: SAFE_NAME.test(user) ? await askReadClasses(session, user, actions) : undefined };
};

const askReadClasses = async (
  session: Pick<AmiSession, 'ask'>,
  user: string,
  actions: ReadonlySet<string>,
): Promise<Permissions['read']> => {
  const held = actions.has('Command') ? await askHeldClasses(session, user) : undefined;
  if (held) return { classes: held, from: 'Asterisk' };
  const written = actions.has('Getvar') ? await settingsOf(session)('manager.conf', user, 'read') : undefined;
  return written === undefined ? undefined : { classes: classesOf(written), from: 'manager.conf' };
};

/** A line `read perm: system,call,…`. Undefined where the answer is of another form. */
const askHeldClasses = async (session: Pick<AmiSession, 'ask'>, user: string): Promise<Set<string> | undefined> => {
  const answer = await session.ask({ Action: 'Command', Command: `manager show user ${user}` });
  for (const [header, line] of answer.headers) {
    const classes = header === 'Output' ? /^\s*read perm:\s*(\S+)\s*$/.exec(line)?.[1] : undefined;
    if (classes !== undefined) return classesOf(classes);
  }
  return undefined;
};

const classesOf = (text: string): Set<string> => new Set(text.split(',').map((name) => name.trim()));

const missingActions = ({ actions }: Permissions, needed: readonly string[]): string[] =>
  actions === undefined ? [] : needed.filter((action) => !actions.has(action));

const missingRead = ({ read }: Permissions): string[] =>
  read === undefined || read.classes.has('all') ? [] : NEEDED_READ.filter((name) => !read.classes.has(name));

/**
 * A missing `read` class looks like a quiet PBX: where it cannot be known for sure it becomes a warning.
 * @returns warnings for the operator
 * @throws PBX_PERMISSION_MISSING, PBX_NO_ANSWER, PBX_CONNECTION_LOST
 */
export const checkPermissions = async (
  session: Pick<AmiSession, 'ask'>,
  user: string,
  where: string,
): Promise<string[]> => {
  const permissions = await askPermissions(session, user);
  const { actions, read } = permissions;
  if (!actions) return ['what the AMI user may do cannot be checked: ListCommands is refused'];
  const missing = missingActions(permissions, NEEDED_ACTIONS);
  const unread = missingRead(permissions);
  if (missing.length > 0 || (unread.length > 0 && read?.from === 'Asterisk')) {
    throw pbxError.forbidden(where, [
      ...unread.map((name) => `read=${name}`),
      ...(missing.length > 0 ? [`write=reporting (for ${missing.join(', ')})`] : []),
    ]);
  }
  if (unread.length > 0) {
    return [`manager.conf does not give the AMI user read=${unread.join(',')}: without it changes go unseen`];
  }
  return read === undefined ? [`${UNCHECKED}; without them changes go unseen`] : [];
};

const UNCHECKED =
  'whether the AMI user has read=call,dialplan cannot be checked without write=reporting (and func_config.so) or write=command';

/** Besides what is needed to follow the PBX: what audits and the doctor need. */
const USEFUL: Readonly<Record<string, string>> = {
  CoreShowChannels: "Asterisk's own ghosts cannot be told",
  Getvar: 'settings of manager.conf cannot be checked',
};

export const permissionFinding = (permissions: Permissions, user: string): Finding => {
  const advice = 'In manager.conf give it read=system,call,dialplan,reporting and write=system,call,reporting.';
  const { actions, read } = permissions;
  if (!actions) return finding('permission', undefined, `What AMI user "${user}" may do is not told.`, advice);
  const unread = missingRead(permissions).map((name) => `read=${name}, so that changes go unseen`);
  const unasked = missingActions(permissions, Object.keys(USEFUL)).map((action) => `${action}: ${USEFUL[action]}`);
  const lacks = [...unread, ...unasked];
  if (lacks.length > 0) return finding('permission', false, `AMI user "${user}" lacks ${lacks.join('; ')}.`, advice);
  if (!read) return finding('permission', undefined, `${upper(UNCHECKED)}.`, advice);
  const classes = [...read.classes].join(',');
  const source = read.from === 'Asterisk' ? '' : ' (as manager.conf has it now)';
  return finding('permission', true, `AMI user "${user}" may ask what is needed, and reads ${classes}${source}.`);
};

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
