import type { ChannelList } from '@rollcall/channel';
import { pbxError } from '../errors.ts';
import type { AsteriskConnection, AsteriskSource } from '../source.ts';
import { type AmiAddress, addressText } from './address.ts';
import { examine } from './examine.ts';
import { readGreeting } from './greeting.ts';
import { keepAlive } from './keep-alive.ts';
import { type AmiUser, login } from './login.ts';
import { CHANNEL_EVENTS } from './observe.ts';
import { checkPermissions } from './permissions.ts';
import { refusal } from './response.ts';
import { type AmiSession, type SessionOptions, startSession } from './session.ts';
import { openSocket } from './socket.ts';

export type AmiClientOptions = AmiAddress &
  AmiUser &
  Pick<SessionOptions, 'world' | 'variables'> & {
    /** Milliseconds until the PBX must have taken the connection, and again until it must have said its banner. */
    connectTimeoutMs?: number;
    /** Milliseconds until an action must be answered. */
    answerTimeoutMs?: number;
    /** Milliseconds until a list must be there whole. */
    listTimeoutMs?: number;
    /** Milliseconds of silence after which the PBX is asked for a sign of life. */
    keepAliveMs?: number;
  };

/** The classes of all events that become observations: RTCP, security, test and the like never cross the wire. */
const EVENT_CLASSES = 'system,call,dialplan';

/**
 * One connection to an AMI. Events of channels begin only after the startup time is known, so that none can be counted to the wrong
 * boot; the banner, FullyBooted and the startup time are observed before `connect` resolves.
 */
export const connectAmi = async (
  options: AmiClientOptions,
  { observe, signal }: Parameters<AsteriskSource['connect']>[0],
): Promise<AsteriskConnection> => {
  const { world, variables, answerTimeoutMs = 10_000, listTimeoutMs = 60_000, keepAliveMs = 15_000 } = options;
  const where = addressText(options);
  const opening = { where, scheduler: world.scheduler, signal, timeoutMs: options.connectTimeoutMs ?? 5_000 };
  const socket = await openSocket(options, opening);
  const greeting = await readGreeting(socket, opening);

  /** Of AMI, as its banner has it. */
  let protocol: string | undefined;
  let hasBooted = false;
  const session = startSession(socket, greeting, {
    where,
    world,
    variables,
    answerTimeoutMs,
    listTimeoutMs,
    observe: (batch) => {
      for (const observation of batch) {
        if (observation.kind === 'connection') protocol = observation.version;
        else if (observation.kind === 'uptime') hasBooted = true;
      }
      observe(batch);
    },
  });
  const onAbort = (): void => session.abandon(pbxError.lost(where, 'Rollcall gave it up'));
  signal.addEventListener('abort', onAbort);
  void session.closed.then(() => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();

  try {
    await login(session, options, where);
    const warnings = await checkPermissions(session, options.user, where);
    const startup = await askStartup(session, where);
    const version = (await askVersion(session)) ?? protocol;
    if (!hasBooted) warnings.push('no FullyBooted: Asterisk is still starting, or the AMI user lacks read=system');
    await startEvents(session, where);
    keepAlive(session, where, world.scheduler, keepAliveMs);
    return {
      version,
      startup,
      warnings,
      list: () => list(session, where),
      cached: () => cached(session, where),
      look: (uniqueid) => look(session, where, uniqueid),
      examine: () => {
        const maySeeSecret = options.tls !== undefined || options.plain === true || isLoopback(options.host);
        const events = variables.length > 0 ? CHANNEL_EVENTS : CHANNEL_EVENTS.filter((event) => event !== 'VarSet');
        return examine({ session, world, user: options.user, events, protocol, maySeeSecret });
      },
      close: session.close,
      closed: session.closed,
    };
  } catch (error) {
    session.close();
    throw error;
  }
};

const isLoopback = (host: string): boolean => /^(127(\.\d+){3}|::1|localhost)$/.test(host);

const askStartup = async (session: AmiSession, where: string): Promise<string> => {
  const answer = await session.ask({ Action: 'CoreStatus' });
  if (answer.response !== 'Success') throw pbxError.forbidden(where, [`CoreStatus (${refusal(answer)})`]);
  const date = answer.get('CoreStartupDate');
  const time = answer.get('CoreStartupTime');
  if (!date || !time) throw pbxError.notAsterisk(where, 'its CoreStatus tells no startup time');
  return `ami:${date} ${time}`;
};

/** Asterisk's own version (`22.10.1`), which the banner does not say. */
const askVersion = async (session: AmiSession): Promise<string | undefined> =>
  (await session.ask({ Action: 'CoreSettings' })).get('AsteriskVersion') || undefined;

const startEvents = async (session: AmiSession, where: string): Promise<void> => {
  const answer = await session.ask({ Action: 'Events', EventMask: EVENT_CLASSES });
  if (answer.response !== 'Success') throw pbxError.forbidden(where, [`Events (${refusal(answer)})`]);
};

const list = async (session: AmiSession, where: string): Promise<void> => {
  const answer = await session.askList({ Action: 'Status' }, { observed: true });
  if ('response' in answer) throw pbxError.forbidden(where, [`Status (${refusal(answer)})`]);
};

const cached = async (session: AmiSession, where: string): Promise<ChannelList> => {
  const answer = await session.askList({ Action: 'CoreShowChannels' }, { observed: false });
  if ('response' in answer) throw pbxError.forbidden(where, [`CoreShowChannels (${refusal(answer)})`]);
  return answer;
};

/** Asterisk takes a uniqueid where Status asks for a channel's name (16 to 23). */
const look: (session: AmiSession, where: string, uniqueid: string) => ReturnType<AsteriskConnection['look']> = async (
  session,
  where,
  uniqueid,
) => {
  if (uniqueid === '') return undefined;
  const answer = await session.askList({ Action: 'Status', Channel: uniqueid }, { observed: false });
  if (!('response' in answer)) return answer.channels.find((channel) => channel.uniqueid === uniqueid);
  if (answer.get('Message') === 'No such channel') return undefined;
  throw pbxError.forbidden(where, [`Status (${refusal(answer)})`]);
};
