import { channelIsStale, type Pbx, type RecordedEvent } from '@rollcall/channel';
import { printable } from '@rollcall/listing';
import { span } from './span.ts';

export type Conclusion = { listed: 'live' | 'stale' | 'over'; why: string };

/** Why a channel is listed or not, in one sentence, from the last event of its stream and what is known of its PBX. */
export const conclude = (
  last: RecordedEvent,
  channel: Parameters<typeof channelIsStale>[0] | undefined,
  pbx: Pbx | undefined,
  context: { now: number; staleAfter: number; lossReason: string | undefined },
): Conclusion => {
  if (last.type === 'ChannelDestroyed') return { listed: 'over', why: whyOver(last, pbx) };
  if (!channel || channelIsStale(channel, pbx)) return { listed: 'stale', why: whyStale(last, pbx, context) };
  return { listed: 'live', why: `Listed: it is live, and ${last.pbx} is connected.` };
};

const whyOver = (event: RecordedEvent & { type: 'ChannelDestroyed' }, pbx: Pbx | undefined): string => {
  const { reason, cause, causeText } = event.data;
  const at = new Date(event.time).toISOString();
  switch (reason) {
    case 'hangup': {
      const why = [cause === undefined ? '' : `cause ${cause}`, causeText ? `(${printable(causeText)})` : ''];
      const text = why.filter(Boolean).join(' ');
      return `Not listed: it ended at ${at} by Hangup${text ? `, ${text}` : ', no cause given'}.`;
    }
    case 'pbx-restarted': {
      const next = pbx && pbx.boot > event.boot ? ` (boot ${event.boot} is over, boot ${pbx.boot} runs)` : '';
      return `Not listed: ${event.pbx} restarted, found out at ${at}, and no channel outlives that${next}.`;
    }
    case 'reconciled':
      return event.source === 'reconcile'
        ? `Not listed: removed at ${at}, because ${event.pbx} had no such channel at two looks; no Hangup was heard.`
        : `Not listed: removed at ${at}, because ${event.pbx} reported its creation a second time; no Hangup was heard.`;
  }
};

const whyStale = (
  last: RecordedEvent,
  pbx: Pbx | undefined,
  { now, staleAfter, lossReason }: { now: number; staleAfter: number; lossReason: string | undefined },
): string => {
  if (pbx?.connected) {
    return `Listed as stale, not counted: ${pbx.name} is connected again, and has not been compared with its own list since.`;
  }
  const away = pbx ? now - pbx.since : undefined;
  const lost =
    away === undefined
      ? `nothing is known of the connection to ${last.pbx}`
      : `the connection to ${last.pbx} was lost ${span(away)} ago (${lossReason ? printable(lossReason) : 'reason unknown here'})`;
  return away !== undefined && away > staleAfter
    ? `Not listed: ${lost}, longer than the ${span(staleAfter)} for which stale channels stay listed; it may be over.`
    : `Listed as stale, not counted: ${lost}; it may be over.`;
};
