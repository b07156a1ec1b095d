import { ariTime } from '@rollcall/listing';
import type { Listing } from '../listed.ts';
import { type Answer, json, refused } from './answer.ts';
import { apiDocs } from './api-docs.ts';
import type { Applications } from './applications.ts';
import { channelBody, type createChannelLists } from './bodies.ts';
import { bridges } from './bridges.ts';
import { channelById, channelByIdOrName, isFleet, type Scope } from './fleet.ts';
import { asteriskId, asteriskInfo } from './info.ts';
import type { OperationName } from './operations.ts';
import { variableAnswer } from './variable.ts';

/** Everything that an answer is made from. */
export type Asked = {
  scope: Scope;
  listing: Listing;
  parameters: Readonly<Record<string, string>>;
  query: (name: string) => string | undefined;
  applications: Applications;
  lists: ReturnType<typeof createChannelLists>;
};

/** The answer of each operation but the websocket's. */
export const ANSWERS: Readonly<Record<Exclude<OperationName, 'eventWebsocket'>, (asked: Asked) => Answer>> = {
  listChannels: ({ scope, listing, lists }) => ({
    status: 200,
    body: lists(scope, listing, isFleet(scope, listing.cache)),
  }),
  getChannel: ({ scope, listing, parameters }) => {
    const channel = channelById(scope, listing, parameters.channelId ?? '');
    if (!channel) return refused(404, 'Channel not found');
    return { status: 200, body: channelBody(channel, isFleet(scope, listing.cache)), about: channel };
  },
  getChannelVar: ({ scope, listing, parameters, query }) => {
    const channel = channelByIdOrName(scope, listing, parameters.channelId ?? '');
    return { ...variableAnswer(channel, query('variable')), ...(channel && { about: channel }) };
  },
  listBridges: ({ scope, listing }) => json(bridges(scope, listing, isFleet(scope, listing.cache))),
  getBridge: ({ scope, listing, parameters }) => {
    const found = bridges(scope, listing, isFleet(scope, listing.cache)).find(({ id }) => id === parameters.bridgeId);
    return found ? json(found) : refused(404, 'Bridge not found');
  },
  getInfo: ({ scope, listing, query }) => json(asteriskInfo(scope, listing, query('only'))),
  ping: ({ scope, listing }) =>
    json({ ping: 'pong', timestamp: ariTime(listing.now), asterisk_id: asteriskId(scope, listing) }),
  listApplications: ({ scope, applications }) => json(applications.list(scope)),
  getApplication: ({ scope, applications, parameters }) => {
    const found = applications.list(scope).find(({ name }) => name === parameters.applicationName);
    return found ? json(found) : refused(404, 'Application not found');
  },
};

/** Answers that say how things stand with a PBX: they are what `staleAnswers: refuse` refuses. */
export const TELLS_STATE: ReadonlySet<OperationName> = new Set([
  ...(['listChannels', 'getChannel', 'getChannelVar', 'listBridges', 'getBridge'] as const),
]);

/** @param file what stands behind `/api-docs/` */
export const docsAnswer = (file: string, base: string): Answer => {
  const docs = apiDocs(file, base);
  return docs ? json(docs) : refused(404, 'Resource not found');
};
