import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';

/** Where a Rollcall is served, as `--url` says it. */
export type ServerAddress = {
  /** The address of one of its paths, such as `v1/channels`. */
  to: (path: string) => URL;
  /** As a message may show it: without user and password. */
  place: string;
  /** The user and password of the url, for a proxy that asks for them. */
  login: string | undefined;
};

/** @throws RollcallError URL_WRONG */
export const serverAddress = (text: string): ServerAddress => {
  const base = URL.parse(text);
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new RollcallError('URL_WRONG', '--url is not an http or https address.', 'Write http://127.0.0.1:8099.');
  }
  const place = `${base.origin}${base.pathname.replace(/\/*$/, '')}`;
  const login = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  return { to: (path) => new URL(`${place}/${path}`), place, login: login === ':' ? undefined : login };
};

const errorSchema = z.object({ code: z.string().optional(), message: z.string(), advice: z.string().optional() });

/** What Rollcall refuses, it says why: its words are passed on. */
export const refused = (status: number, body: string, place: string): RollcallError => {
  let said: z.infer<typeof errorSchema> | undefined;
  try {
    said = errorSchema.parse(JSON.parse(body));
  } catch {
    said = undefined;
  }
  if (said?.code) return new RollcallError(said.code, said.message, said.advice ?? '');
  return new RollcallError(
    'SERVER_REFUSED',
    `${place} answers with HTTP ${status}${said ? `: ${said.message.slice(0, 200)}` : ''}.`,
    status === 404 ? 'Is that a Rollcall? Give the address without a path.' : 'See what that server logs.',
  );
};

export const notRollcall = (place: string, why: string) =>
  new RollcallError('NOT_ROLLCALL', `${place} does not answer as Rollcall does: ${why}.`, 'Check --url.');

export const slow = (place: string, timeoutMs: number) =>
  new RollcallError(
    'SERVER_SLOW',
    `${place} did not answer in ${timeoutMs} ms.`,
    'Is it overloaded, or still starting?',
  );

export const unreachable = (place: string, error: unknown): RollcallError => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why =
    code === 'ECONNREFUSED'
      ? 'nothing listens there'
      : code || (cause instanceof Error ? cause.message : 'the connection failed');
  if (/CERT|SIGNATURE|TLS|SSL/.test(code)) return untrusted(place, code, error);
  const isHungUp = code === 'UND_ERR_SOCKET' && place.startsWith('http:');
  return new RollcallError(
    'SERVER_UNREACHABLE',
    `${place} cannot be reached: ${isHungUp ? 'it hung up without an answer' : why}.`,
    isHungUp
      ? 'If it serves TLS, ask for https:// instead.'
      : 'Start it with "rollcall start", or read its data directory with --data.',
    { cause: error },
  );
};

const untrusted = (place: string, code: string, cause: unknown) =>
  new RollcallError(
    'SERVER_TLS',
    `TLS with ${place} failed: ${code}.`,
    'Give the authority of its certificate (--ca-file), use the name that the certificate is for, and https only where TLS is spoken.',
    { cause },
  );
