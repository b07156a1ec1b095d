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
