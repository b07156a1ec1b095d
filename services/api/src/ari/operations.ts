import type { z } from 'zod';
import * as models from './models.ts';

type Parameter = { name: string; in: 'path' | 'query'; description: string; required: boolean; list?: boolean };

/** What may be asked: both the way that a request finds its answer and what api-docs say of it. */
export type Operation = {
  /** Asterisk's path, with names of path parameters in braces. */
  path: string;
  /** What client libraries call it. */
  nickname: string;
  summary: string;
  answers: z.ZodType;
  list?: boolean;
  parameters: readonly Parameter[];
  errors: Readonly<Record<number, string>>;
  /** Only a websocket is answered. */
  websocket?: boolean;
};

const inPath = (name: string, description: string): Parameter => ({ name, in: 'path', description, required: true });
const inQuery = (name: string, description: string, required: boolean, list = false): Parameter => ({
  ...{ name, in: 'query', description, required, list },
});

const channelId = inPath('channelId', "Channel's id");

export const OPERATIONS = {
  listChannels: {
    path: '/channels',
    nickname: 'list',
    summary: 'All live channels.',
    answers: models.channel,
    list: true,
    parameters: [],
    errors: {},
  },
  getChannel: {
    path: '/channels/{channelId}',
    nickname: 'get',
    summary: 'One live channel.',
    answers: models.channel,
    parameters: [channelId],
    errors: { 404: 'Channel not found' },
  },
  getChannelVar: {
    path: '/channels/{channelId}/variable',
    nickname: 'getChannelVar',
    summary: 'A variable or a function of a channel, as far as it is kept.',
    answers: models.variable,
    parameters: [channelId, inQuery('variable', 'The variable or function', true)],
    errors: {
      400: 'Variable name is required',
      404: 'Provided channel or variable was not found',
      500: 'Function that is not known from a feed',
    },
  },
  listBridges: {
    path: '/bridges',
    nickname: 'list',
    summary: 'All bridges with channels in them.',
    answers: models.bridge,
    list: true,
    parameters: [],
    errors: {},
  },
  getBridge: {
    path: '/bridges/{bridgeId}',
    nickname: 'get',
    summary: 'One bridge with channels in it.',
    answers: models.bridge,
    parameters: [inPath('bridgeId', "Bridge's id")],
    errors: { 404: 'Bridge not found' },
  },
  getInfo: {
    path: '/asterisk/info',
    nickname: 'getInfo',
    summary: 'What is known of the PBX.',
    answers: models.asteriskInfo,
    parameters: [inQuery('only', 'Only these parts: system, config, status', false, true)],
    errors: {},
  },
  ping: {
    path: '/asterisk/ping',
    nickname: 'ping',
    summary: 'Answers.',
    answers: models.asteriskPing,
    parameters: [],
    errors: {},
  },
  listApplications: {
    path: '/applications',
    nickname: 'list',
    summary: 'The applications whose websockets are connected.',
    answers: models.application,
    list: true,
    parameters: [],
    errors: {},
  },
  getApplication: {
    path: '/applications/{applicationName}',
    nickname: 'get',
    summary: 'One application whose websocket is connected.',
    answers: models.application,
    parameters: [inPath('applicationName', "Application's name")],
    errors: { 404: 'Application not found' },
  },
  eventWebsocket: {
    path: '/events',
    nickname: 'eventWebsocket',
    summary: 'What happens, over a websocket.',
    answers: models.application,
    parameters: [
      inQuery('app', 'Names of the applications', true, true),
      inQuery('subscribeAll', 'Without it nothing is told: there is nothing else to subscribe to', false),
    ],
    errors: {},
    websocket: true,
  },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

const below = (path: string, ...names: string[]): string[] => names.map((name) => `${path}/${name}`);

/** Asterisk 22's other paths of the same resources: what they do is not for who may only read, and there is nothing to read of them. */
export const WRITE_ONLY: readonly string[] = [
  ...below('/channels', 'create', 'externalMedia'),
  ...below('/channels/{channelId}', 'answer', 'continue', 'dial', 'dtmf', 'hold', 'moh', 'move', 'mute', 'play'),
  ...below('/channels/{channelId}', 'play/{playbackId}', 'progress', 'record', 'redirect', 'ring', 'silence'),
  ...below('/channels/{channelId}', 'snoop', 'snoop/{snoopId}', 'transfer_progress'),
  ...below('/bridges/{bridgeId}', 'addChannel', 'moh', 'play', 'play/{playbackId}', 'record', 'removeChannel'),
  ...below('/bridges/{bridgeId}', 'videoSource', 'videoSource/{channelId}'),
  ...below('/applications/{applicationName}', 'eventFilter', 'subscription'),
  ...below('/events', 'user/{eventName}'),
];

export type Matched =
  | { is: 'operation'; name: OperationName; parameters: Record<string, string> }
  /** There is such a path, and nothing to be asked of it. */
  | { is: 'nothing' }
  | { is: 'unknown' };

type Node = { children: Map<string, Node>; parameter?: { name: string; node: Node }; operation?: OperationName };

const ROOT: Node = { children: new Map() };
const nodeOf = (path: string): Node => path.split('/').slice(1).reduce(nodeBelow, ROOT);
for (const [name, { path }] of Object.entries(OPERATIONS)) nodeOf(path).operation = name as OperationName;
for (const path of WRITE_ONLY) nodeOf(path);

function nodeBelow(node: Node, segment: string): Node {
  const child: Node = { children: new Map() };
  if (segment.startsWith('{')) {
    node.parameter ??= { name: segment.slice(1, -1), node: child };
    return node.parameter.node;
  }
  const known = node.children.get(segment) ?? child;
  node.children.set(segment, known);
  return known;
}

/** `path`: behind /ari, still percent-encoded, such as `/channels/1.1`. */
export const match = (path: string): Matched => {
  const parameters: Record<string, string> = {};
  let node = ROOT;
  for (let from = 1; from <= path.length; ) {
    const slash = path.indexOf('/', from);
    const end = slash < 0 ? path.length : slash;
    const segment = decoded(path.slice(from, end));
    from = end + 1;
    const child = node.children.get(segment);
    if (child) {
      node = child;
    } else if (segment === '') {
      return { is: 'nothing' };
    } else if (node.parameter) {
      parameters[node.parameter.name] = segment;
      node = node.parameter.node;
    } else {
      return { is: 'unknown' };
    }
  }
  return node.operation ? { is: 'operation', name: node.operation, parameters } : { is: 'nothing' };
};

/** What is not percent-encoded rightly is meant as it stands. */
const decoded = (segment: string): string => {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};
