import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { refused, serverAddress, slow, unreachable } from '../rollcall-server.ts';

/** A running Rollcall that may be operated. */
export type Server = { url: string; token: string };

export type Question = { method?: 'GET' | 'POST' | 'DELETE'; path: string; body?: unknown };

/** For an answer to begin: what takes long is a job, and begins at once. */
const TIMEOUT_MS = 10_000;

/**
 * Asks with the operator's token, which no message shows. What the server refuses, it says why.
 * @throws RollcallError URL_WRONG, SERVER_UNREACHABLE, SERVER_SLOW, SERVER_REFUSED, and whatever the server says
 */
export const askServer = async (server: Server, question: Question, world: World): Promise<Response> => {
  const { to, place, login } = serverAddress(server.url);
  if (login !== undefined) throw loginInUrl(place);
  const { method = 'GET', path, body } = question;
  const slowly = new AbortController();
  const cancel = world.scheduler.after(TIMEOUT_MS, () => slowly.abort());
  try {
    const response = await fetch(to(path), {
      method,
      headers: {
        authorization: `Bearer ${server.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: slowly.signal,
    });
    if (!response.ok) throw refused(response.status, await response.text(), place);
    return response;
  } catch (error) {
    if (error instanceof RollcallError) throw error;
    throw slowly.signal.aborted ? slow(place, TIMEOUT_MS) : unreachable(place, error);
  } finally {
    cancel();
  }
};

/** Lines of a body as they come; a line beyond the limit, or a broken connection, ends it with an error. */
export async function* linesOf(response: Response, maxLine: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    rest += first;
    for (const next of others) {
      yield rest;
      rest = next;
    }
    if (rest.length > maxLine) throw new Error(`a line is longer than ${maxLine} characters`);
  }
  if (rest !== '') yield rest;
}

const loginInUrl = (place: string) =>
  new RollcallError(
    'URL_WRONG',
    `--url holds a user and a password for ${place}, where operating sends the operator's token.`,
    'Leave them out.',
  );
