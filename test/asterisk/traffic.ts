// Real calls through a real Asterisk, of many kinds at once, with people and switchboards interfering.
import { setTimeout as delay } from 'node:timers/promises';
import { connectJudge } from './judge.ts';
import { type Random, runLiveActions } from './live-actions.ts';
import type { Pbx } from './pbx.ts';
import { hasSipp, makeSipCalls, startPhone } from './sipp.ts';

export { makeGhosts } from './ghosts.ts';

export interface TrafficOptions {
  /** Calls begun a second, all kinds together. */
  readonly rate: number;
  readonly seconds: number;
  /** Decides what is done to live channels and in which order. */
  readonly seed: number;
}

export interface TrafficCounts {
  /** Calls begun: by SIP and by AMI Originate. */
  readonly calls: number;
  /** AMI actions that the PBX carried out. */
  readonly actions: number;
  /** AMI actions that it refused, mostly because the channel had ended meanwhile. */
  readonly refused: number;
}

export interface Traffic {
  /** Resolves when the last call has been made and the last action answered; some channels may be alive still. */
  readonly finished: Promise<TrafficCounts>;
  /** Waits for the end of the traffic, hangs up what is left, and resolves when `Status` is empty. Throws when that takes longer than 30 s. */
  drained(): Promise<void>;
}

/** Shares of the rate. What they leave to 1 is begun by AMI Originate. */
const sipCalls = [
  { exten: 'answer', share: 0.25, holdMs: 300 },
  { exten: 'busy', share: 0.15, holdMs: 0 },
  { exten: 'chain', share: 0.1, holdMs: 1_200 },
  { exten: 'local', share: 0.05, holdMs: 3_500 },
  { exten: 'phone', share: 0.1, holdMs: 1_000 },
  { exten: 'moh', share: 0.1, holdMs: 1_500 },
  { exten: 'echo', share: 0.05, holdMs: 1_500 },
];
const amiShare = 1 - sipCalls.reduce((sum, { share }) => sum + share, 0);
/** Of the AMI actions, about 4 in 10 begin a call. */
const actionsPerCall = 2.4;
const drainTimeoutMs = 30_000;

/**
 * Starts traffic against the PBX at once; bounded in time by `seconds` and a few seconds for the last calls. The PBX may be killed and
 * started again meanwhile: calls then fail, and traffic goes on when it is back.
 */
export function startTraffic(pbx: Pbx, options: TrafficOptions): Traffic {
  const sip = hasSipp() ? pbx.sip : undefined;
  const endPhone = sip ? startPhone(sip) : () => undefined;
  const bySip = sip
    ? sipCalls.map(({ exten, share, holdMs }, i) => {
        const perSecond = options.rate * share;
        const calls = Math.max(1, Math.round(perSecond * options.seconds));
        return makeSipCalls(sip, 10 * (i + 1), { exten, perSecond, calls, holdMs });
      })
    : [];
  const perSecond = options.rate * (sip ? amiShare : 1) * actionsPerCall;
  const byAmi = runLiveActions(pbx.ami, { perSecond, seconds: options.seconds, random: seededRandom(options.seed) });
  const finished = Promise.all([byAmi, ...bySip]).then(([ami, ...sipCounts]) => ({
    calls: ami.calls + sipCounts.reduce((sum, calls) => sum + calls, 0),
    actions: ami.done,
    refused: ami.refused,
  }));

  // Whoever awaits it later gets the error; until then it must not end the process.
  finished.catch(() => undefined);

  async function drained(): Promise<void> {
    try {
      await finished;
      await hangUpAll(pbx);
    } finally {
      endPhone();
    }
  }
  return { finished, drained };
}

async function hangUpAll(pbx: Pbx): Promise<void> {
  const judge = await connectJudge(pbx.ami);
  try {
    const deadline = performance.now() + drainTimeoutMs;
    for (;;) {
      const left = await judge.status();
      if (left.length === 0) return;
      if (performance.now() > deadline) {
        throw new Error(`${pbx.systemname} still has ${left.map((channel) => channel.Channel).join(', ')}`);
      }
      await judge.hangup('/^.*$/');
      await delay(50);
    }
  } finally {
    judge.close();
  }
}

/** Mulberry32: small, and the same in every run. */
function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
