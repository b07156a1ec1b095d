import { channelStream, position } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type CacheReader, createMemoryCache } from '@rollcall/state-cache';
import { notRollcall, refused, serverAddress, slow, unreachable } from '../rollcall-server.ts';
import { type RemoteList, remoteListSchema } from './remote-list.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The list as a running Rollcall has it, from `GET {url}/v1/channels`.
 * @throws RollcallError URL_WRONG, SERVER_UNREACHABLE, SERVER_SLOW, SERVER_REFUSED, NOT_ROLLCALL, LIST_TOO_LARGE
 */
export const fetchView = async (options: {
  url: string;
  token?: string | undefined;
  at?: string | undefined;
  pbx?: string | undefined;
  world: Pick<World, 'scheduler'>;
  timeoutMs?: number;
  maxBytes?: number;
}): Promise<{ cache: CacheReader; now: number }> => {
  const { token, at, pbx, world, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options;
  const { to, place, login } = serverAddress(options.url);
  const url = to('v1/channels');
  // Who reads it is told what is stale, also where the server gives no such answers unasked.
  url.searchParams.set('stale', 'yes');
  const headers: Record<string, string> = { accept: 'application/json' };
  // Not in the url that is asked: no message and no log of a proxy shows it.
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  else if (login !== undefined) headers.authorization = `Basic ${Buffer.from(login).toString('base64')}`;
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
    quarantine: new Map(list.quarantine.streams.map((held) => [held.stream, held])),
    checkpoint: position(list.position),
  });
  return { cache, now: list.now };
};
