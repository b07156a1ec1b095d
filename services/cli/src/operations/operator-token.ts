import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';

export const tokenPath = (data: string): string => join(data, 'operator.token');

const TOKEN_BYTES = 32;
/** Of whatever made it: nothing that can be guessed, and nothing that a header cannot carry. */
const TOKEN = /^[\x21-\x7e]{32,512}$/;

/**
 * The token of a data directory: whoever can read the directory may operate. Made at the first start and kept; made anew where
 * the file holds none, as a power cut may leave it.
 */
export const makeToken = (data: string, random: Random): string => {
  const path = tokenPath(data);
  const kept = tokenIn(path);
  if (kept !== undefined) return kept;
  const token = random.secret(TOKEN_BYTES);
  writeFileSync(`${path}.new`, `${token}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return token;
};

/** @throws RollcallError TOKEN_MISSING, TOKEN_UNREADABLE */
export const readToken = (path: string): string => {
  let token: string | undefined;
  try {
    token = tokenIn(path);
  } catch (error) {
    throw new RollcallError(
      'TOKEN_UNREADABLE',
      `The token ${path} cannot be read: ${error instanceof Error ? error.message : error}.`,
      'Run this as the user that Rollcall runs as.',
      { cause: error },
    );
  }
  if (token !== undefined) return token;
  throw new RollcallError(
    'TOKEN_MISSING',
    `There is no token in ${path}.`,
    '"rollcall start" writes one into its data directory, as operator.token; "rollcall user token add" makes others.',
  );
};

/** Undefined where there is no file, or no token in it. */
const tokenIn = (path: string): string | undefined => {
  try {
    const token = readFileSync(path, 'utf8').trim();
    return TOKEN.test(token) ? token : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
