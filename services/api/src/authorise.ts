import { createHash, timingSafeEqual } from 'node:crypto';
import { RollcallError } from '@rollcall/errors';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Whoever shows the operator's token may operate, on loopback too; how long the comparison takes tells nothing of it.
 * @throws RollcallError NOT_AUTHORISED
 */
export const authorise = (token: string): ((authorization: string | undefined) => void) => {
  const expected = sha256(token);
  return (authorization) => {
    const shown = BEARER.exec(authorization ?? '')?.[1];
    if (shown !== undefined && timingSafeEqual(sha256(shown), expected)) return;
    throw new RollcallError(
      'NOT_AUTHORISED',
      shown === undefined ? 'Operating needs a token, and none was shown.' : 'The token that was shown is not the one.',
      'Send "Authorization: Bearer TOKEN"; it stands in the file operator.token of the data directory.',
    );
  };
};

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
