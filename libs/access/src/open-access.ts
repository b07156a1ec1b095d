import type { Clock, Random } from '@rollcall/clock';
import { errorLine, RollcallError } from '@rollcall/errors';
import type { Access, AmiAttempt } from './access.ts';
import { createAttempts } from './attempts.ts';
import type { Identity, Role } from './identity.ts';
import { isLoopback } from './loopback.ts';
import { createPasswords, type Passwords } from './password.ts';
import { amiKey, isToken, sameText, sha256 } from './secrets.ts';
import type { Token, User } from './users.ts';
import { isOpenToOthers, readUsers, stampOf, usersPath } from './users-file.ts';
import { createVerified } from './verified.ts';

/** The file is looked at so often, and read when it has changed. */
const LOOK_MS = 250;

/** By what somebody came in; it must still stand in the file for him to stay. */
type Proof = { user: string; kind: 'password' | 'token' | 'ami'; value: string };

/**
 * The users and tokens of a data directory, as `rollcall user` writes them. A change is in force within a second; a file that became
 * unreadable changes nothing, and is warned of.
 * @throws RollcallError USERS_UNREADABLE, USERS_DAMAGED
 */
export const openAccess = (options: {
  dir: string;
  clock: Clock;
  random: Random;
  warn?: (line: string) => void;
  /** Cheaper ones in tests. */
  passwords?: Passwords;
}): Access => {
  const { dir, clock, random, warn = () => {}, passwords = createPasswords(random) } = options;
  const attempts = createAttempts(clock);
  const verified = createVerified(clock, random);
  const proofs = new WeakMap<Identity, Proof>();
  const identities = new Map<string, Identity>();
  const nobodysSecret = random.secret(32);
  let known = indexed(dir);
  let stamp = stampOf(dir);
  let looked = clock.monotonic();
  let warned = '';
  const warnIfOpen = (): void => {
    if (isOpenToOthers(dir)) warn(`Others on this machine may read ${usersPath(dir)}: chmod 600 ${usersPath(dir)}`);
  };
  warnIfOpen();

  const users = (): ReturnType<typeof indexed> => {
    const now = clock.monotonic();
    if (now - looked < LOOK_MS) return known;
    looked = now;
    try {
      const at = stampOf(dir);
      if (at === stamp) return known;
      known = indexed(dir);
      // Only now: what could not be read, for want of files say, may be the same when it can be, and have revoked somebody.
      stamp = at;
      warned = '';
      verified.clear();
      for (const [key, identity] of identities) if (!holds(identity)) identities.delete(key);
      warnIfOpen();
    } catch (error) {
      const line = errorLine(error);
      if (line !== warned) warn(`The users stay as they were. ${line}`);
      warned = line;
    }
    return known;
  };

  const holds = (identity: Identity): boolean => {
    const proof = proofs.get(identity);
    if (!proof) return users() === undefined;
    const user = users()?.byName.get(proof.user);
    const role = user && roleBy(proof, user, clock);
    return role === identity.role && String(user?.pbxs) === String(identity.pbxs);
  };

  /** The same for the same proof, for as long as it holds: whoever keeps what was shown keeps no more than there are logins. */
  const admit = (user: User, proof: Omit<Proof, 'user'>, role = user.role): Identity => {
    const key = `${proof.kind} ${user.name} ${proof.value}`;
    const known = identities.get(key);
    if (known) return known;
    const identity: Identity = { name: user.name, role, ...(user.pbxs && { pbxs: user.pbxs }) };
    proofs.set(identity, { user: user.name, ...proof });
    identities.set(key, identity);
    return identity;
  };

  const byPassword = async (name: string, password: string): Promise<Identity> => {
    const kept = users()?.byName.get(name)?.password;
    const right = await passwords.matches(password, kept);
    // The users may be others meanwhile.
    const user = users()?.byName.get(name);
    if (!right || !kept || user?.password?.hash !== kept.hash) throw notLoggedIn();
    return admit(user, { kind: 'password', value: kept.hash });
  };

  return {
    anyUsers: () => users() !== undefined,

    password: async (name, password, address) => {
      users();
      const known = verified.find(name, password);
      if (known) {
        attempts.check(address);
        return known;
      }
      const checked = attempts.make(address, () => byPassword(name, password));
      verified.keep(name, password, checked);
      return checked;
    },

    token: async (shown, address) => {
      const hash = sha256(shown).toString('hex');
      const found = isToken(shown) ? users()?.byToken.get(hash) : undefined;
      // Nobody guesses one: it is taken although others at the same address fail.
      if (found && !hasExpired(found.token, clock))
        return admit(found.user, { kind: 'token', value: hash }, found.token.role);
      return attempts.make(address, async () => {
        throw notLoggedIn();
      });
    },

    ami: async (shown, address) => {
      if (users() === undefined) {
        if (isLoopback(address)) return { name: shown.user, role: 'read' };
        throw notLoggedIn();
      }
      return attempts.make(address, async () => {
        const user = users()?.byName.get(shown.user);
        const right = amiMatches(shown, user?.amiSecret ?? nobodysSecret);
        if (!right || user?.amiSecret === undefined) throw notLoggedIn();
        return admit(user, { kind: 'ami', value: user.amiSecret });
      });
    },

    holds,
  };
};

/** The role that a proof still gives; undefined where it is good no longer. */
const roleBy = ({ kind, value }: Proof, user: User, clock: Clock): Role | undefined => {
  if (kind === 'password') return user.password?.hash === value ? user.role : undefined;
  if (kind === 'ami') return user.amiSecret === value ? user.role : undefined;
  const token = user.tokens.find(({ sha256: hash }) => hash === value);
  return token && !hasExpired(token, clock) ? (token.role ?? user.role) : undefined;
};

const hasExpired = ({ expires }: Token, clock: Clock): boolean =>
  expires !== undefined && clock.now() >= Date.parse(expires);

const amiMatches = (shown: AmiAttempt, secret: string): boolean =>
  'key' in shown ? sameText(shown.key.toLowerCase(), amiKey(shown.challenge, secret)) : sameText(shown.secret, secret);

const indexed = (dir: string) => {
  const users = readUsers(dir)?.users;
  if (!users) return undefined;
  return {
    byName: new Map(users.map((user) => [user.name, user])),
    byToken: new Map(users.flatMap((user) => user.tokens.map((token) => [token.sha256, { user, token }]))),
  };
};

const notLoggedIn = () =>
  new RollcallError(
    'NOT_LOGGED_IN',
    'The login that was shown is not known here.',
    '"rollcall user list" tells who may log in; "rollcall user passwd NAME" gives a new password.',
  );
