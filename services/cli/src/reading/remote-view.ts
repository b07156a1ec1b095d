import { channelStream, position } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type CacheReader, createMemoryCache } from '@rollcall/state-cache';
import { z } from 'zod';
import { type RemoteList, remoteListSchema } from './remote-list.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The list as a running Rollcall has it, from `GET {url}/v1/channels`.
 * @throws RollcallError URL_WRONG, SERVER_UNREACHABLE, SERVER_SLOW, SERVER_REFUSED, NOT_ROLLCALL, LIST_TOO_LARGE
 */
export const fetchView = async (options: {
  url: string;
  at?: string | undefined;
  pbx?: string | undefined;
  world: Pick<World, 'scheduler'>;
  timeoutMs?: number;
  maxBytes?: number;
}): Promise<{ cache: CacheReader; now: number }> => {
  const { at, pbx, world, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options;
  const { url, place, headers } = target(options.url);
  if (pbx !== undefined) url.searchParams.set('pbx', pbx);
  if (at !== undefined) url.searchParams.set('at', at);

  const controller = new AbortController();
  const cancel = world.scheduler.after(timeoutMs, () => controller.abort());
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: controller.signal });
    const body = await read(response, place, maxBytes);
    if (!response.ok) throw refused(response.status, body, place);
    return viewOf(parse(body, place));
  } catch (error) {
    if (error instanceof RollcallError) throw error;
    throw controller.signal.aborted ? slow(place, timeoutMs) : unreachable(place, error);
  } finally {
    cancel();
  }
};

/** A user and password in the URL go into a header; no message shows them. */
const target = (text: string): { url: URL; place: string; headers: Record<string, string> } => {
  const base = URL.parse(text);
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new RollcallError('URL_WRONG', '--url is not an http or https address.', 'Write http://127.0.0.1:8099.');
  }
  const headers: Record<string, string> = { accept: 'application/json' };
  if (base.username || base.password) {
    const login = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
    headers.authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  }
  const url = new URL(`${base.origin}${base.pathname.replace(/\/*$/, '/')}v1/channels`);
  return { url, place: `${base.origin}${base.pathname.replace(/\/*$/, '')}`, headers };
};

const read = async (response: Response, place: string, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new RollcallError(
        'LIST_TOO_LARGE',
        `${place} answers with more than ${maxBytes} bytes.`,
        'Ask for one PBX: --pbx NAME.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parse = (body: string, place: string): RemoteList => {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw notRollcall(place, 'its answer is not JSON');
  }
  const list = remoteListSchema.safeParse(json);
  if (list.success) return list.data;
  const [issue] = list.error.issues;
  throw notRollcall(place, `${issue?.path.join('.') || 'its answer'}: ${issue?.message}`);
};

const viewOf = (list: RemoteList): { cache: CacheReader; now: number } => {
  const cache = createMemoryCache();
  cache.commit({
    puts: new Map(list.channels.map((one) => [channelStream(one.pbx, one.boot, one.uniqueid), one])),
    removals: [],
    pbxs: list.pbxs,
    quarantine: new Map(),
    checkpoint: position(list.position),
  });
  return { cache, now: list.now };
};

const errorSchema = z.object({ code: z.string().optional(), message: z.string(), advice: z.string().optional() });

/** What Rollcall refuses, it says why: its words are passed on. */
const refused = (status: number, body: string, place: string): RollcallError => {
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

const notRollcall = (place: string, why: string) =>
  new RollcallError('NOT_ROLLCALL', `${place} does not answer as Rollcall does: ${why}.`, 'Check --url.');

const slow = (place: string, timeoutMs: number) =>
  new RollcallError(
    'SERVER_SLOW',
    `${place} did not answer in ${timeoutMs} ms.`,
    'Is it overloaded, or still starting?',
  );

const unreachable = (place: string, error: unknown): RollcallError => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why =
    code === 'ECONNREFUSED'
      ? 'nothing listens there'
      : code || (cause instanceof Error ? cause.message : 'the connection failed');
  return new RollcallError(
    'SERVER_UNREACHABLE',
    `${place} cannot be reached: ${why}.`,
    'Start it with "rollcall start", or read its data directory with --data.',
    { cause: error },
  );
};
