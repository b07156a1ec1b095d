import type { Identity } from './identity.ts';

/** What an AMI login shows: the secret itself, or the MD5 of challenge and secret in hex. */
export type AmiAttempt =
  | { readonly user: string; readonly secret: string }
  | { readonly user: string; readonly challenge: string; readonly key: string };

/**
 * Decides who may come in. `address` is from where, without a port: whoever fails too often there is refused for a while. A user that is
 * not known takes as long as a wrong password.
 */
export type Access = {
  /** Whether there are users at all; without any, nobody is asked for a login, and only loopback is served. */
  anyUsers(): boolean;
  /** @throws RollcallError NOT_LOGGED_IN, TOO_MANY_ATTEMPTS, LOGIN_BUSY */
  password(user: string, password: string, address: string): Promise<Identity>;
  /** @throws RollcallError NOT_LOGGED_IN, TOO_MANY_ATTEMPTS */
  token(token: string, address: string): Promise<Identity>;
  /** By the user's AMI secret, which is another than his password. @throws RollcallError NOT_LOGGED_IN, TOO_MANY_ATTEMPTS */
  ami(attempt: AmiAttempt, address: string): Promise<Identity>;
};
