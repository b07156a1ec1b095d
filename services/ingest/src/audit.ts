import type { AriAsker, AsteriskConnection } from '@rollcall/asterisk';
import {
  type AsteriskGhost,
  type CacheAnswer,
  isGhost,
  type ListedChannel,
  type PbxAudit,
  stillListed,
  type Unreal,
  unrealEntries,
} from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import type { AsteriskGhosts } from './asterisk-ghosts.ts';
import { type Comparison, createComparison } from './comparison.ts';
import type { Writer } from './writer.ts';

export type AuditOptions = {
  pbx: string;
  source: 'ami' | 'ari';
  connection: AsteriskConnection;
  /** ARI of the same PBX, to set its list beside as well. */
  beside?: AriAsker | undefined;
  writer: Writer;
  ghosts: AsteriskGhosts;
  world: World;
  /** Milliseconds before a second look: an event on its way may settle it. */
  grace: number;
  /** Asks the PBX for its list, and has it compared with ours in its place among the events. */
  compare: (comparison: Comparison) => void;
  /** A second look at one channel, in its turn among the others. */
  find: (uniqueid: string) => Promise<ListedChannel | undefined>;
  /** Runs once everything that came before has been written, and before anything that comes later. */
  inTurn: (task: () => void) => void;
};

/**
 * One audit over one connection. Asterisk's caches are asked before `Status`, and once more after the second looks: what they list
 * both times and `Status` has neither time is a ghost of Asterisk's own.
 * @throws RollcallError PBX_NO_ANSWER, PBX_CONNECTION_LOST
 */
export const audit = async (options: AuditOptions): Promise<PbxAudit> => {
  const { pbx, source, connection, world, grace, compare } = options;
  const at = world.clock.now();
  const cannotTell: string[] = [];
  if (!connection.cached) cannotTell.push(ONLY_CACHE);
  const before = await cacheAnswers(options, cannotTell);
  const comparison = createComparison();
  compare(comparison);
  const list = await comparison.list;
  await world.scheduler.sleep(grace);
  await comparison.settled;
  await turn(options);
  if (!list.complete) cannotTell.push(CUT_OFF);
  const asterisks = list.complete ? await findGhosts(options, unrealEntries(list, before), at) : [];
  const complete = list.complete && before.every((answer) => answer.list.complete);
  return { pbx, at, source, ...comparison.result(), asterisks, cannotTell, complete };
};

const ONLY_CACHE =
  "ARI answers from Asterisk's cache alone: which of its entries are Asterisk's own ghosts only an AMI source can tell.";

const CUT_OFF = "The PBX's list came incomplete: what it lacks is not known.";

/** What can be had of Asterisk's caches; of what cannot, `cannotTell` says why. */
const cacheAnswers = async ({ connection, beside }: AuditOptions, cannotTell: string[]): Promise<CacheAnswer[]> => {
  const answers: CacheAnswer[] = [];
  // Beside ARI as the source it would say nothing new.
  if (!connection.cached) return answers;
  try {
    answers.push({ from: 'CoreShowChannels', list: await connection.cached() });
  } catch (error) {
    if (!isRollcallError(error, 'PBX_PERMISSION_MISSING')) throw error;
    cannotTell.push(`What CoreShowChannels lists: ${error.line}`);
  }
  try {
    if (beside) answers.push({ from: 'ARI /channels', list: await beside.list() });
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    cannotTell.push(`What ARI lists: ${error.line}`);
  }
  return answers;
};

const turn = ({ inTurn }: AuditOptions): Promise<void> => new Promise((resolve) => inTurn(resolve));

/**
 * Of what seems unreal, what is. What an audit has found before needs no second look, unless a channel of that uniqueid and name
 * has come to life since; when all of it is known, the caches are not asked again.
 */
const findGhosts = async (options: AuditOptions, unreal: Unreal[], at: number): Promise<AsteriskGhost[]> => {
  const { writer, ghosts } = options;
  const boot = writer.pbx?.boot ?? 0;
  const known = new Set(unreal.filter((entry) => ghosts.isKnown(entry, boot) && !livesHere(writer, entry)));
  if (known.size === unreal.length) return ghosts.found(unreal, boot, at);
  const askedAt = writer.heard;
  const still = stillListed(unreal, await cacheAnswers(options, []));
  const looks = new Map<Unreal, ListedChannel | undefined>();
  for (const entry of still) if (!known.has(entry)) looks.set(entry, await options.find(entry.uniqueid));
  const confirmed = await new Promise<Unreal[]>((resolve) => {
    options.inTurn(() => {
      const isTouched = ({ uniqueid }: Unreal): boolean => (writer.known(uniqueid)?.heard ?? 0) > askedAt;
      const isUnclear = (entry: Unreal): boolean => isTouched(entry) || livesHere(writer, entry);
      resolve(still.filter((entry) => known.has(entry) || isGhost(entry, looks.get(entry), isUnclear(entry))));
    });
  });
  return ghosts.found(confirmed, boot, at);
};

const livesHere = (writer: Writer, { uniqueid, name }: Unreal): boolean => {
  const state = writer.known(uniqueid)?.state;
  return state?.is === 'live' && state.channel.name === name;
};
