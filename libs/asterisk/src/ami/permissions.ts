import { pbxError } from '../errors.ts';
import type { AmiSession } from './session.ts';

const NEEDED_ACTIONS = ['Status', 'CoreStatus'];
const NEEDED_READ = ['call', 'dialplan'];
/** The user's name becomes part of a CLI command: only names that cannot be taken for more. */
const SAFE_NAME = /^[\w.@-]{1,80}$/;

/**
 * What the user may see and do, as far as AMI tells (Asterisk 16 to 23). ListCommands, open to everybody, names exactly the
 * actions that the `write` classes allow. The `read` classes show only in `manager show user`, which needs class `command`; without
 * it a missing one looks like a quiet PBX, and becomes a warning.
 * @returns warnings for the operator
 * @throws PBX_PERMISSION_MISSING, PBX_NO_ANSWER, PBX_CONNECTION_LOST
 */
export const checkPermissions = async (session: AmiSession, user: string, where: string): Promise<string[]> => {
  const commands = await session.ask({ Action: 'ListCommands' });
  const allowed = new Set(commands.headers.map(([header]) => header));
  if (commands.response !== 'Success') return [`what the AMI user may do cannot be checked: ListCommands is refused`];
  const missing = NEEDED_ACTIONS.filter((action) => !allowed.has(action));
  const read = allowed.has('Command') && SAFE_NAME.test(user) ? await askReadClasses(session, user) : undefined;
  const unread = read === undefined || read.has('all') ? [] : NEEDED_READ.filter((name) => !read.has(name));
  if (missing.length > 0 || unread.length > 0) {
    throw pbxError.forbidden(where, [
      ...unread.map((name) => `read=${name}`),
      ...(missing.length > 0 ? [`write=reporting (for ${missing.join(', ')})`] : []),
    ]);
  }
  return read === undefined
    ? [
        'whether the AMI user has read=call,dialplan cannot be checked without write=command; without them changes go unseen',
      ]
    : [];
};

/** `manager show user`: a line `read perm: system,call,…`. Undefined where the answer is of another form. */
const askReadClasses = async (session: AmiSession, user: string): Promise<Set<string> | undefined> => {
  const answer = await session.ask({ Action: 'Command', Command: `manager show user ${user}` });
  for (const [header, line] of answer.headers) {
    const classes = header === 'Output' ? /^\s*read perm:\s*(\S+)\s*$/.exec(line)?.[1] : undefined;
    if (classes !== undefined) return new Set(classes.split(','));
  }
  return undefined;
};
