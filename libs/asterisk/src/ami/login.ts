import { createHash } from 'node:crypto';
import { pbxError } from '../errors.ts';
import type { AmiSession } from './session.ts';

export type AmiUser = {
  user: string;
  secret: string;
  /** Sends the secret as it is, for a PBX that keeps users where it cannot check a challenge. */
  plain?: boolean;
};

/**
 * Logs in by MD5 challenge, so that the secret does not cross the wire; plainly where the PBX offers no challenge. Only events of
 * class `system` come from then on, FullyBooted at once, until more are asked for.
 * @throws PBX_LOGIN_REFUSED, PBX_NO_ANSWER, PBX_CONNECTION_LOST
 */
export const login = async (session: AmiSession, { user, secret, plain }: AmiUser, where: string): Promise<void> => {
  const challenge = plain ? undefined : await askChallenge(session);
  const proof: Record<string, string> =
    challenge === undefined ? { Secret: secret } : { AuthType: 'MD5', Key: md5(challenge + secret) };
  const answer = await session.ask({ Action: 'Login', Username: user, ...proof, Events: 'system' });
  if (answer.response !== 'Success') throw pbxError.loginRefused(where, user);
};

const askChallenge = async (session: AmiSession): Promise<string | undefined> => {
  const answer = await session.ask({ Action: 'Challenge', AuthType: 'MD5' });
  return answer.response === 'Success' ? answer.get('Challenge') : undefined;
};

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
