import { join } from 'node:path';
import type { TokenShown, UserShown } from '@rollcall/access';

/** A user in one line: what he may, and by what he logs in. */
export const userLine = ({ name, role, pbxs, password, ami, tokens }: UserShown): string => {
  const ways = [
    ...(password ? ['password'] : []),
    ...(ami ? ['AMI secret'] : []),
    ...(tokens.length > 0 ? [`${tokens.length} ${tokens.length === 1 ? 'token' : 'tokens'}`] : []),
  ];
  const sees = pbxs ? `sees ${pbxs.join(', ')}` : 'sees all PBXs';
  return `${name}  ${role}, ${sees}; logs in with ${ways.join(', ') || 'nothing yet'}`;
};

/** A token in one line. @param now milliseconds since 1970 */
export const tokenLine = ({ id, role, created, expires, note }: TokenShown, now: number): string =>
  [
    `${id}  since ${created.slice(0, 10)}`,
    ...(role ? [`${role} only`] : []),
    ...(expires ? [`${Date.parse(expires) > now ? 'until' : 'over since'} ${expires}`] : []),
    ...(note ? [note] : []),
  ].join(', ');

/** Where there are no users: after the last one is gone nobody is let in, which is another thing than none ever. */
export const nobodyLine = (dir: string, asked: boolean): string =>
  asked
    ? `There are no users left in ${dir}, and logins are still asked for: add one, or remove ${join(dir, 'users.json')} to serve this machine without.\n`
    : `There are no users in ${dir}.\n`;
