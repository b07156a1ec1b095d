import { setTimeout as delay } from 'node:timers/promises';
import { connectJudge, type Headers, type Judge, type Reply } from './judge.ts';
import type { AmiAccess } from './pbx.ts';

/** Returns a number in [0, 1). */
export type Random = () => number;

export interface ActionCounts {
  /** Calls that these actions began. */
  calls: number;
  /** Actions that the PBX carried out, beginning calls included. */
  done: number;
  /** Actions that it refused, mostly because the channel had ended meanwhile, or that were cut off with the connection. */
  refused: number;
}

/**
 * Begins calls over AMI and does to live channels what people and switchboards do: hang up, redirect, transfer, pick up, bridge,
 * set variables. `random` decides what is done; to which channel also depends on which are alive. Goes on over a PBX that is killed
 * and started again meanwhile. Resolves after `seconds`, when the last answer is in.
 */
export async function runLiveActions(
  ami: AmiAccess,
  options: { readonly perSecond: number; readonly seconds: number; readonly random: Random },
): Promise<ActionCounts> {
  const counts: ActionCounts = { calls: 0, done: 0, refused: 0 };
  const pick = <T>(list: readonly T[]) => list[Math.floor(options.random() * list.length)];
  const waiting = new Set<Promise<void>>();
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  const deck = shuffled(kinds, options.random);
  let judge: Judge | undefined;
  let live: readonly Headers[] = [];
  let seenAt = -1;

  for (let turn = 1; elapsed() < options.seconds; turn += 1) {
    const early = turn / options.perSecond - elapsed();
    if (early > 0) await delay(early * 1000);
    const connected = await connection();
    if (connected) follow(act(connected, deck[turn % deck.length] ?? 'call', live, pick));
    else await delay(100);
  }
  await Promise.all(waiting);
  judge?.close();
  return counts;

  /** A logged-in judge and a recent view of what is live; undefined while the PBX is away. */
  async function connection(): Promise<Judge | undefined> {
    try {
      judge ??= await connectJudge(ami);
      if (elapsed() - seenAt > 0.25) {
        live = await judge.status();
        seenAt = elapsed();
      }
      return judge;
    } catch {
      judge?.close();
      judge = undefined;
      return undefined;
    }
  }

  function follow(action: { readonly isCall: boolean; readonly replies: Promise<Reply>[] }): void {
    for (const reply of action.replies) {
      const counted = reply.then(
        ({ response }) => {
          if (response.Response !== 'Success') counts.refused += 1;
          else {
            counts.done += 1;
            if (action.isCall) counts.calls += 1;
          }
        },
        () => {
          counts.refused += 1;
        },
      );
      waiting.add(counted);
      void counted.then(() => waiting.delete(counted));
    }
  }
}

const callable = [
  'answer',
  'echo',
  'moh',
  'vars',
  'chain',
  'local',
  'local',
  'queue',
  'conf',
  'park',
  'callring',
  'phone',
  'localphone',
];
const redirectTargets = ['echo', 'moh', 'answer', 'conf', 'park', 'queue'];
const attendedTargets = ['1001', '1002', '1003'];
const consultMs = 2_500;
const ringMs = 200;

/** What is done, as often as it stands here: dealt like a deck of cards, so that every kind is done before one comes again. */
const kinds = [
  ...['call', 'call', 'call', 'call', 'call', 'call', 'call', 'call'],
  ...['hangup', 'hangup', 'redirect', 'redirect', 'setvar', 'setvar', 'bridge', 'bridge'],
  ...['blind', 'blind', 'attended', 'attended', 'pickup'],
] as const;

type Pick = <T>(list: readonly T[]) => T | undefined;

function act(judge: Judge, kind: (typeof kinds)[number], live: readonly Headers[], pick: Pick) {
  const up = live.filter((channel) => channel.ChannelStateDesc === 'Up');
  const bridged = up.filter((channel) => channel.BridgeID);
  const consulting = bridged.filter((channel) => /^Local\/moh@.*;1$/.test(channel.Channel ?? ''));
  const name = pick(kind === 'attended' ? consulting : kind === 'blind' ? bridged : up)?.Channel;
  const other = pick(up)?.Channel;
  const calling = (...replies: Promise<Reply>[]) => ({ isCall: true, replies });
  const doing = (...replies: Promise<Reply>[]) => ({ isCall: false, replies });

  if (kind === 'pickup') {
    const ringing = judge.originate('Local/callring@default', { Application: 'Wait', Data: '3' });
    const pickup = delay(ringMs).then(() =>
      judge.originate('Local/pickup@default', { Application: 'Wait', Data: '3' }),
    );
    return calling(ringing, pickup);
  }
  if (kind === 'call' || name === undefined) {
    const then = { Context: 'default', Exten: pick(redirectTargets) ?? 'echo', Priority: '1' };
    return calling(judge.originate(`Local/${pick(callable) ?? 'answer'}@default`, then));
  }
  if (kind === 'hangup') return doing(judge.hangup(name, pick([16, 17, 19, 31]) ?? 16));
  if (kind === 'redirect') return doing(judge.redirect(name, pick(redirectTargets) ?? 'echo'));
  if (kind === 'setvar') return doing(judge.setvar(name, 'ROLLCALL', `turn "${pick(callable)}"`));
  if (kind === 'bridge') return doing(judge.bridge(name, other ?? name));
  if (kind === 'blind') return doing(judge.blindTransfer(name, pick(redirectTargets) ?? 'echo'));
  // The transferer hangs up in the middle of the consultation, which completes the transfer.
  const leave = delay(consultMs).then(() => judge.hangup(name));
  return doing(judge.atxfer(name, pick(attendedTargets) ?? '1001'), leave);
}

function shuffled<T>(cards: readonly T[], random: Random): readonly T[] {
  return cards
    .map((card) => ({ card, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ card }) => card);
}
