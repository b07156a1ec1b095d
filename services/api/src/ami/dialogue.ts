import { type AmiAttempt, type Identity, maySee } from '@rollcall/access';
import { findAction, isOfPbxs, tellsChannels } from './actions.ts';
import { isAsterisks } from './asterisk-actions.ts';
import { acknowledged, actionId, block, refused, success } from './block.ts';
import { fullyBooted } from './core-status.ts';
import { ALL_EVENTS, eventMask, wants } from './event-mask.ts';
import type { AmiEvent } from './events.ts';
import { createFilters } from './filters.ts';
import { type Flaw, filledHeader, header, type Request } from './requests.ts';
import type { View } from './view.ts';

/** What is to be done about one request. */
export type Reply =
  | { kind: 'send'; texts: Iterable<string>; thenClose?: true }
  /** The login is to be decided; `loggedIn` or `refused` then say the answer. */
  | { kind: 'login'; attempt: AmiAttempt; loggedIn: (identity: Identity) => string; refused: () => string };

export type Dialogue = {
  receive(request: Request): Reply;
  /** Whether the client gets this event. */
  wants(event: AmiEvent): boolean;
  /** Whether that takes longer than a look at the event's class. */
  readonly hasFilters: boolean;
  readonly identity: Identity | undefined;
};

export type DialogueOptions = {
  view: (identity: Identity) => View;
  /** A number that nobody can guess. */
  challenge: () => string;
  /** Seconds for which Rollcall runs. */
  uptime: () => number;
  staleAnswers: 'mark' | 'refuse';
};

const FLAWS: Record<Flaw, string> = {
  'line-too-long': 'Failed to parse message: line too long',
  'too-many-lines': 'Too many lines in message or allocation failure',
};

/** One client's side of the protocol, without a socket: requests in, answers out (main/manager.c, Asterisk 22). */
export const createDialogue = (options: DialogueOptions): Dialogue => {
  let identity: Identity | undefined;
  let challenge = '';
  let mask = ALL_EVENTS;
  const filters = createFilters();

  const say = (text: string): Reply => ({ kind: 'send', texts: [text] });

  const login = (request: Request): Reply => {
    if (identity) return say(acknowledged(request, 'Already authenticated'));
    const attempt = attemptOf(request, challenge);
    return {
      kind: 'login',
      attempt,
      refused: () => refused(request, 'Authentication failed'),
      loggedIn: (who) => {
        identity = who;
        mask = eventMask(header(request, 'Events')) ?? mask;
        const accepted = acknowledged(request, 'Authentication accepted');
        return wants(mask, 'system') ? accepted + fullyBooted(options.view(who), options.uptime()) : accepted;
      },
    };
  };

  const challenged = (request: Request): Reply => {
    if (header(request, 'AuthType').toUpperCase() !== 'MD5') return say(refused(request, 'Must specify AuthType'));
    challenge ||= options.challenge();
    return say(success(request, [['Challenge', challenge]]));
  };

  const events = (request: Request): Reply => {
    const wanted = eventMask(header(request, 'EventMask'));
    if (wanted === undefined) return say(refused(request, 'Invalid event mask'));
    mask = wanted;
    return say(success(request, [['Events', wanted === 0 ? 'Off' : 'On']]));
  };

  const filter = (request: Request): Reply => {
    if (header(request, 'Operation').toLowerCase() !== 'add') return say(refused(request, 'Unknown operation'));
    const added = filters.add({ value: header(request, 'Filter'), criteria: header(request, 'MatchCriteria') });
    return say(added === 'added' ? acknowledged(request, 'Success') : refused(request, WRONG_FILTER[added]));
  };

  /** What changes the session; the rest is in the table of actions. */
  const SESSION: Record<string, (request: Request) => Reply> = {
    login,
    challenge: challenged,
    events,
    filter,
    logoff: (request) => ({
      kind: 'send',
      texts: [block([['Response', 'Goodbye'], ...actionId(request), ['Message', 'Thanks for all the fish.']])],
      thenClose: true,
    }),
  };

  const act = (request: Request, name: string, who: Identity): Reply => {
    const action = findAction(name);
    if (!action) return say(refused(request, isAsterisks(name) ? 'Permission denied' : unknown(name)));
    const all = options.view(who);
    const pbx = isOfPbxs(action) ? header(request, 'SystemName') : '';
    const view = pbx === '' ? all : all.only(pbx);
    if (!view) return say(refused(request, `No such PBX: ${pbx}`));
    const stale = options.staleAnswers === 'refuse' && tellsChannels(action) ? view.stale : [];
    if (stale.length > 0) return say(refused(request, `The connection to ${stale.join(', ')} is lost`));
    return { kind: 'send', texts: action(request, view) };
  };

  return {
    receive: (request) => {
      if (request.flaw) return say(refused(request, FLAWS[request.flaw]));
      const name = filledHeader(request, 'Action');
      if (name === '') return say(refused(request, 'Missing action in request'));
      const lower = name.toLowerCase();
      if (!identity && !OPEN.has(lower)) return say(refused(request, 'Permission denied'));
      const change = Object.hasOwn(SESSION, lower) ? SESSION[lower] : undefined;
      if (change) return change(request);
      return identity ? act(request, name, identity) : say(refused(request, 'Permission denied'));
    },
    wants: (event) =>
      identity !== undefined && maySee(identity, event.pbx) && wants(mask, event.eventClass) && filters.pass(event),
    get hasFilters() {
      return filters.size > 0;
    },
    get identity() {
      return identity;
    },
  };
};

/** What may be said before a login. */
const OPEN = new Set(['login', 'logoff', 'challenge']);

const WRONG_FILTER = {
  'does-not-compile': 'Filter did not compile.  Check the syntax of the filter given.',
  'too-many': 'Too many filters.  A session has room for 16.',
  'wrong-form': 'Filter was formatted incorrectly.  Check the syntax of the filter given.',
};

/** Asterisk has room for 511 bytes here. */
const unknown = (name: string): string =>
  Buffer.from(`Invalid/unknown command: ${name}. Use Action: ListCommands to show available commands.`)
    .subarray(0, 511)
    .toString();

const attemptOf = (request: Request, challenge: string): AmiAttempt => {
  const user = header(request, 'Username');
  if (header(request, 'AuthType').toUpperCase() !== 'MD5') return { user, secret: header(request, 'Secret') };
  // Without a challenge of ours a key proves nothing, and whoever says that he has one is not let in by a secret instead.
  return { user, challenge, key: challenge === '' ? '' : header(request, 'Key') };
};
