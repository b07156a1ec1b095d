import type { ChannelList, ListedChannel } from '@rollcall/channel';
import { z } from 'zod';
import { pbxError } from '../errors.ts';
import { ariChannelSchema, ariTimestamp } from './event.ts';
import { ariFacts } from './facts.ts';
import { answerFailure, ariMessage } from './failure.ts';
import type { AriRest } from './rest.ts';
import type { AriTarget } from './target.ts';

export type Ask = {
  target: AriTarget;
  rest: AriRest;
  /** Milliseconds for the answer. */
  deadline: number;
};

/** Gives undefined when ARI says, in its own words, that there is no such thing. Errors as for the source. */
const ask = async <S extends z.ZodType>(
  { target, rest, deadline }: Ask,
  path: string,
  { schema, none, limit }: { schema: S; none?: string; limit?: number },
): Promise<z.infer<S> | undefined> => {
  const given = await rest.get(path, { deadline, limit });
  const { status, body } = given;
  if (none !== undefined && status === 404 && ariMessage(body) === none) return undefined;
  if (status !== 200) throw answerFailure(target, given);
  const answer = schema.safeParse(body);
  if (!answer.success) throw pbxError.notAsterisk(target.where, `GET ${path} is not answered in ARI's form`);
  return answer.data;
};

const infoSchema = z.object({
  system: z.object({ version: z.string() }),
  status: z.object({ startup_time: z.string().min(1) }),
});

/** The PBX's version, and the startup time of its process (the same for one boot: 16 to 23). */
export const ariInfo = async (how: Ask): Promise<{ version: string; startup: string }> => {
  const path = '/asterisk/info?only=status,system';
  const info = await ask(how, path, { schema: infoSchema });
  if (!info) throw pbxError.notAsterisk(how.target.where, `GET ${path} gives nothing`);
  return { version: info.system.version, startup: `ari:${info.status.startup_time}` };
};

const applicationSchema = z.object({
  channel_ids: z.array(z.string()),
  events_allowed: z.array(z.unknown()).optional(),
  events_disallowed: z.array(z.unknown()).optional(),
});

export type AriApplication = {
  /** It gets the events of all channels, not only of some. */
  allChannels: boolean;
  /** Somebody restricted it to some types of events. */
  filtered: boolean;
};

export const ariApplication = async (how: Ask, app: string): Promise<AriApplication | undefined> => {
  const found = await ask(how, `/applications/${encodeURIComponent(app)}`, {
    schema: applicationSchema,
    none: 'Application not found',
  });
  return (
    found && {
      allChannels: found.channel_ids.includes('__AST_CHANNEL_ALL_TOPIC'),
      filtered: [...(found.events_allowed ?? []), ...(found.events_disallowed ?? [])].length > 0,
    }
  );
};

const pingSchema = z.object({ timestamp: ariTimestamp });

/** The PBX's time in milliseconds since 1970; undefined where it does not tell (before 16.5). */
export const ariTime = async (how: Ask): Promise<number | undefined> =>
  (await ask(how, '/asterisk/ping', { schema: pingSchema, none: 'Resource not found' }))?.timestamp;

/** A PBX with 100,000 channels answers with some 50 MiB. */
const LIST_LIMIT = 256 * 1024 * 1024;

/** From Asterisk's snapshot cache by uniqueid. One entry that cannot be read leaves the list incomplete: it may be any channel. */
export const ariList = async (how: Ask, variables: ReadonlySet<string>): Promise<ChannelList> => {
  const items = (await ask(how, '/channels', { schema: z.array(z.unknown()), limit: LIST_LIMIT })) ?? [];
  const channels: ListedChannel[] = [];
  for (const item of items) {
    const channel = ariChannelSchema.safeParse(item);
    if (channel.success) channels.push({ uniqueid: channel.data.id, facts: ariFacts(channel.data, variables) });
  }
  return { authority: 'cache', channels, complete: channels.length === items.length };
};

export const ariLook = async (
  how: Ask,
  uniqueid: string,
  variables: ReadonlySet<string>,
): Promise<ListedChannel | undefined> => {
  const channel = await ask(how, `/channels/${encodeURIComponent(uniqueid)}`, {
    schema: ariChannelSchema,
    none: 'Channel not found',
  });
  return channel && { uniqueid: channel.id, facts: ariFacts(channel, variables) };
};
