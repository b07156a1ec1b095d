import {
  type Channel,
  channelIsStale,
  isTerminal,
  namedType,
  type Pbx,
  type Quarantined,
  type RecordedEvent,
} from '@rollcall/channel';
import { printable } from '@rollcall/listing';
import type { Heard } from './note.ts';
import { span } from './span.ts';

/** `refused`: its first event could not be read, so nothing can be listed. */
export type Listed = 'live' | 'stale' | 'over' | 'refused';

export type Conclusion = {
  listed: Listed;
  /** It stands as it was before an event that could not be read. */
  uncertain: boolean;
  /** Why it is listed or not, in one sentence; safe for a terminal. */
  why: string;
};

/** What is known of a channel at the end of its story. */
export type Ending = {
  events: readonly RecordedEvent[];
  /** As it is listed. */
  channel: Channel | undefined;
  pbx: Pbx | undefined;
  setAside: Quarantined | undefined;
  /** The PBX's own stream is set aside. */
  pbxSetAside: boolean;
  now: number;
  staleAfter: number;
  /** Of the PBX's connection, when it was lost. */
  lossReason: string | undefined;
  heardAt: (position: number) => Heard;
};

export const conclude = (ending: Ending): Conclusion => {
  const { channel, setAside, events } = ending;
  if (!channel) {
    if (setAside) return { listed: 'refused', uncertain: true, why: whyRefused(setAside) };
    const end = events.findLast((event) => isTerminal(namedType(event)));
    return { listed: 'over', uncertain: false, why: end ? whyOver(end, ending) : 'Not listed: it never began.' };
  }
  const stale = channelIsStale(channel, ending.pbx);
  const why = `${stale ? whyStale(channel, ending) : `Listed: it is live, and ${printable(channel.pbx)} is connected`}${doubt(ending)}.`;
  return { listed: stale ? 'stale' : 'live', uncertain: setAside !== undefined, why };
};

const whyRefused = ({ revision, position, reason, stream }: Quarantined): string =>
  `Not listed: its beginning (revision ${revision}, #${position}) cannot be read: ${printable(reason)}; see rollcall quarantine show ${printable(stream)}.`;

const doubt = ({ setAside, pbxSetAside, channel }: Ending): string => {
  if (setAside) {
    const { revision, position, reason, head } = setAside;
    const waiting = head - revision;
    const waits = waiting > 0 ? `, and ${waiting} behind it wait${waiting === 1 ? 's' : ''}` : '';
    return `; uncertain, as it was before revision ${revision} (#${position}), which cannot be read (${printable(reason)})${waits}: see rollcall quarantine`;
  }
  return pbxSetAside
    ? `; uncertain, since what ${printable(channel?.pbx ?? '')} itself said last cannot be read: see rollcall quarantine`
    : '';
};

const whyOver = (event: RecordedEvent, { pbx, heardAt }: Ending): string => {
  const at = new Date(event.time).toISOString();
  if (event.type !== 'ChannelDestroyed')
    return `Not listed: it ended at ${at}, by an event that cannot be read but for its name.`;
  const { reason, cause, causeText } = event.data;
  const name = printable(event.pbx);
  switch (reason) {
    case 'hangup': {
      const why = [cause === undefined ? '' : `cause ${cause}`, causeText ? `(${printable(causeText)})` : ''];
      const text = why.filter(Boolean).join(' ');
      return `Not listed: it ended at ${at} by Hangup${text ? `, ${text}` : ', no cause given'}.`;
    }
    case 'pbx-restarted': {
      const next = pbx && pbx.boot > event.boot ? ` (boot ${event.boot} is over, boot ${pbx.boot} runs)` : '';
      return `Not listed: ${name} restarted, found out at ${at}, and no channel outlives that${next}.`;
    }
    case 'reconciled':
      if (event.source !== 'reconcile')
        return `Not listed: removed at ${at}, because ${name} reported its creation a second time; no Hangup was heard.`;
      return heardAt(event.position).recording
        ? `Not listed: removed at ${at}, because two complete lists of ${name} lacked it; no Hangup was heard.`
        : `Not listed: removed at ${at}, because ${name} had no such channel at two looks; no Hangup was heard.`;
  }
};

const whyStale = (channel: Channel, { pbx, now, staleAfter, lossReason }: Ending): string => {
  const name = printable(channel.pbx);
  if (pbx?.connected) {
    return `Listed as stale, not counted: ${name} is connected again, and has not been compared with its own list since`;
  }
  const away = pbx ? now - pbx.since : undefined;
  const lost =
    away === undefined
      ? `nothing is known of the connection to ${name}`
      : `the connection to ${name} was lost ${span(away)} ago (${lossReason ? printable(lossReason) : 'reason unknown here'})`;
  return away !== undefined && away > staleAfter
    ? `Not listed: ${lost}, longer than the ${span(staleAfter)} for which stale channels stay listed; it may be over`
    : `Listed as stale, not counted: ${lost}; it may be over`;
};
