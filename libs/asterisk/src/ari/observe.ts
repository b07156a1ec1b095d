import type { Observation } from '@rollcall/channel';
import { type AriEvent, ariEventSchema, firstIssue } from './event.ts';
import { ariFacts, say } from './facts.ts';

/** `other`: an event that says nothing of the channel list, or of a variable that nobody asked for. */
export type AriObserved =
  | { is: 'observation'; observation: Observation }
  | { is: 'other' }
  | { is: 'malformed'; why: string };

export type AriObserver = (event: unknown) => AriObserved;

/**
 * Reads one ARI event, parsed from JSON, of Asterisk 16 to 23. Never throws. Only events about a single channel are read:
 * those about several (Dial, transfers) carry snapshots that may be older than what the channel itself has said.
 * `variables`: names of channel variables to observe.
 */
export const createAriObserver = (variables: readonly string[]): AriObserver => {
  const wanted = new Set(variables);
  return (event) => {
    if (typeof event !== 'object' || event === null) return { is: 'malformed', why: 'not an ARI event: not an object' };
    if (!('type' in event) || typeof event.type !== 'string') return { is: 'malformed', why: 'type: missing' };
    if (!OBSERVED.has(event.type) || (event.type === 'ChannelVarset' && !concerns(event, wanted))) return OTHER;
    const parsed = ariEventSchema.safeParse(event);
    if (!parsed.success) return { is: 'malformed', why: `${event.type}: ${firstIssue(parsed.error)}` };
    return { is: 'observation', observation: observation(parsed.data, wanted) };
  };
};

const OTHER: AriObserved = { is: 'other' };
const OBSERVED: ReadonlySet<string> = new Set(ariEventSchema.options.map((option) => option.shape.type.value));

/** Most events of a busy PBX are variables; one without a channel is global. */
const concerns = (event: object, wanted: ReadonlySet<string>): boolean =>
  'channel' in event && 'variable' in event && typeof event.variable === 'string' && wanted.has(event.variable);

const observation = (event: AriEvent, variables: ReadonlySet<string>): Observation => {
  const facts = ariFacts(event.channel, variables);
  const said = { uniqueid: event.channel.id, facts, source: 'ari', time: event.timestamp, proves: false } as const;
  switch (event.type) {
    case 'ChannelCreated':
      return { ...said, kind: 'created' };
    case 'ChannelDestroyed':
      return {
        ...said,
        kind: 'destroyed',
        cause: event.cause,
        causeText: event.cause_txt,
        techCause: event.tech_cause,
      };
    case 'ChannelStateChange':
      return { ...said, kind: 'changed', proves: true };
    case 'ChannelCallerId':
      say(facts, 'callerPresentation', presentation(event.caller_presentation, event.caller_presentation_txt));
      return { ...said, kind: 'changed' };
    // Asterisk (16 to 23) guards neither against a dead channel: they may follow ChannelDestroyed.
    case 'ChannelDialplan':
    case 'ChannelConnectedLine':
      return { ...said, kind: 'changed' };
    case 'ChannelVarset':
      return { ...said, kind: 'variable', variable: event.variable, value: event.value };
    case 'ChannelHangupRequest':
      return { ...said, kind: 'hangup-requested', cause: event.cause };
    case 'ChannelHold':
      return { ...said, kind: 'held', musicClass: event.musicclass === 'N/A' ? undefined : event.musicclass };
    case 'ChannelUnhold':
      return { ...said, kind: 'unheld' };
    case 'ChannelEnteredBridge':
      return { ...said, kind: 'bridge-entered', bridge: event.bridge.id, proves: true };
    case 'ChannelLeftBridge':
      return { ...said, kind: 'bridge-left', bridge: event.bridge.id };
  }
};

/** As AMI prints it in CID-CallingPres. */
const presentation = (number: number | undefined, text: string | undefined): string | undefined =>
  number === undefined || text === undefined ? undefined : `${number} (${text})`;
