import type { Identity } from './identity.ts';

/** What an AMI login shows: the secret itself, or the MD5 of challenge and secret in hex. */
export type AmiAttempt =
  | { readonly user: string; readonly secret: string }
  | { readonly user: string; readonly challenge: string; readonly key: string };

/**
 * Decides who may come in. `address` is from where, without a port: whoever fails too often there is refused for a while, however
 * right the next attempt is. A user that is not known takes as long as a wrong password.
 */
export type Access = {
  /**
   * Whether logins are asked for: as soon as there is a file of users, and also when the last user in it was taken out. Without it
   * nobody is asked, and only loopback may be served.
   */
  anyUsers(): boolean;
  /** @throws RollcallError NOT_LOGGED_IN, TOO_MANY_ATTEMPTS, LOGIN_BUSY */
  password(user: string, password: string, address: string): Promise<Identity>;
  /** @throws RollcallError NOT_LOGGED_IN, TOO_MANY_ATTEMPTS */
  token(token: string, address: string): Promise<Identity>;
  /**
   * By the user's AMI secret, which is another than his password. Where no logins are asked for, anybody may read from loopback.
   * @throws RollcallError NOT_LOGGED_IN, TOO_MANY_ATTEMPTS
   */
  ami(attempt: AmiAttempt, address: string): Promise<Identity>;
  /** Whether an identity that was given out still holds: its user, password or token may be gone since. For what stays connected. */
  holds(identity: Identity): boolean;
};
