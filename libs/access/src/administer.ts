import type { Clock, Random } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { Role } from './identity.ts';
import { checkPassword, createPasswords, type Passwords } from './password.ts';
import { makeToken, sha256 } from './secrets.ts';
import { type Token, type User, type Users, userNameSchema } from './users.ts';
import { changeUsers, readUsers } from './users-file.ts';

/** A token without what could be shown at a login. */
export type TokenShown = Omit<Token, 'sha256'>;

/** A user without secrets. */
export type UserShown = Pick<User, 'name' | 'role' | 'pbxs' | 'created'> & {
  password: boolean;
  ami: boolean;
  tokens: TokenShown[];
};

export type Administration = {
  /** @throws RollcallError USER_WRONG, USER_EXISTS, PASSWORD_WRONG */
  addUser: (user: {
    name: string;
    role: Role;
    pbxs?: readonly string[] | undefined;
    /** Left out: tokens, or AMI, alone. */
    password?: string | undefined;
    amiSecret?: string | undefined;
  }) => Promise<UserShown>;
  /** By name. */
  users: () => UserShown[];
  /** Whether logins are asked for: also when the last user is gone. */
  asked: () => boolean;
  /** What the user had, tokens too, is good no longer. @throws RollcallError USER_UNKNOWN */
  revokeUser: (name: string) => void;
  /** @throws RollcallError USER_UNKNOWN, PASSWORD_WRONG */
  setPassword: (name: string, password: string) => Promise<void>;
  /** Undefined takes it away. @throws RollcallError USER_UNKNOWN, USER_WRONG */
  setAmiSecret: (name: string, secret: string | undefined) => void;
  /** The token itself is kept nowhere: it is shown this once. @throws RollcallError USER_UNKNOWN, USER_WRONG */
  addToken: (
    name: string,
    more: { role?: Role | undefined; expires?: number | undefined; note?: string | undefined },
  ) => TokenShown & { token: string };
  /** @throws RollcallError TOKEN_UNKNOWN */
  revokeToken: (id: string) => void;
};

/** What `rollcall user` does to the users of a data directory. Each throws those of changeUsers besides. */
export const administer = (
  dir: string,
  { clock, random }: { clock: Clock; random: Random },
  passwords: Passwords = createPasswords(random),
): Administration => {
  const now = (): string => new Date(clock.now()).toISOString();
  const change = <Result>(how: (users: Users) => Result): Result => changeUsers(dir, clock, how);

  return {
    addUser: async ({ name, role, pbxs, password, amiSecret }) => {
      const named = userNameSchema.safeParse(name);
      if (!named.success) throw userWrong(`"${name}" ${named.error.issues[0]?.message}`);
      if (role === 'operate' && pbxs?.length) {
        throw userWrong('A user bound to PBXs may only read: operating changes the list of all PBXs');
      }
      if (password !== undefined) checkPassword(password);
      if (amiSecret !== undefined) checkAmiSecret(amiSecret);
      const hash = password === undefined ? undefined : await passwords.hash(password);
      return change(({ users }) => {
        if (users.some((user) => user.name === name)) throw userExists(name);
        const user: User = {
          ...{ name, role, created: now(), tokens: [] },
          ...(pbxs?.length && { pbxs: [...pbxs] }),
          ...(hash && { password: hash }),
          ...(amiSecret !== undefined && { amiSecret }),
        };
        users.push(user);
        return shown(user);
      });
    },
    users: () => (readUsers(dir)?.users ?? []).map(shown).sort((a, b) => (a.name < b.name ? -1 : 1)),
    asked: () => readUsers(dir) !== undefined,
    revokeUser: (name) =>
      change((users) => {
        const user = userIn(users, name);
        users.users = users.users.filter((one) => one !== user);
      }),
    setPassword: async (name, password) => {
      userIn(readUsers(dir), name);
      checkPassword(password);
      const hash = await passwords.hash(password);
      change((users) => {
        userIn(users, name).password = hash;
      });
    },
    setAmiSecret: (name, secret) => {
      if (secret !== undefined) checkAmiSecret(secret);
      change((users) => {
        const user = userIn(users, name);
        if (secret === undefined) delete user.amiSecret;
        else user.amiSecret = secret;
      });
    },
    addToken: (name, { role, expires, note }) => {
      const token = makeToken(random);
      return change((users) => {
        const user = userIn(users, name);
        if (role === 'operate' && user.role !== 'operate')
          throw userWrong(`"${name}" may not operate; nor may a token`);
        const kept: Token = {
          ...{ id: random.secret(4), sha256: sha256(token).toString('hex'), created: now() },
          ...(role && { role }),
          ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
          ...(note !== undefined && { note }),
        };
        user.tokens.push(kept);
        return { ...shownToken(kept), token };
      });
    },
    revokeToken: (id) =>
      change(({ users }) => {
        const user = users.find(({ tokens }) => tokens.some((token) => token.id === id));
        if (!user) throw tokenUnknown(id);
        user.tokens = user.tokens.filter((token) => token.id !== id);
      }),
  };
};

const userIn = (users: Users | undefined, name: string): User => {
  const user = users?.users.find((one) => one.name === name);
  if (user) return user;
  throw new RollcallError('USER_UNKNOWN', `There is no user "${name}".`, '"rollcall user list" tells who there is.');
};

const shownToken = ({ sha256: _, ...token }: Token): TokenShown => token;

const shown = ({ name, role, pbxs, created, password, amiSecret, tokens }: User): UserShown => ({
  ...{ name, role, created },
  ...(pbxs && { pbxs }),
  ...{ password: password !== undefined, ami: amiSecret !== undefined, tokens: tokens.map(shownToken) },
});

/** A line of AMI holds it. */
const checkAmiSecret = (secret: string): void => {
  if (/^[\x21-\x7e]{12,256}$/.test(secret)) return;
  throw userWrong('An AMI secret has 12 to 256 characters of ASCII, without spaces');
};

const userWrong = (what: string) => new RollcallError('USER_WRONG', `${what}.`, 'See "rollcall user --help".');

const userExists = (name: string) =>
  new RollcallError(
    'USER_EXISTS',
    `There is a user "${name}" already.`,
    '"rollcall user passwd" changes the password; "rollcall user revoke" takes the user out.',
  );

const tokenUnknown = (id: string) =>
  new RollcallError('TOKEN_UNKNOWN', `There is no token "${id}".`, '"rollcall user token list" tells their ids.');
