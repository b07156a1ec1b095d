import type { RecordedEvent } from '@rollcall/channel';
import type { Noted } from './timeline.ts';

/** How the PBX was heard when an event was written. */
export type Heard = { source: 'ami' | 'ari' | undefined; recording: boolean };

/**
 * What an event of a channel does not say itself: how the channel came to be known, why it counts as over. Of suspects (reports that
 * contradict what is known) the log has only what came of them.
 */
export const noteOf = ({ event, wasOver }: Noted, { source, recording }: Heard): string | undefined => {
  switch (event.type) {
    case 'ChannelCreated':
      return event.data.origin === 'found' ? foundNote(event, wasOver, source) : undefined;
    case 'ChannelDestroyed':
      return endNote(event, recording);
    case 'EventSkipped':
      return `an operator passed over revision ${event.data.revision}: it changes nothing, and what waited behind it was taken`;
    case 'Unreadable':
      return `cannot be read; it stands in the log as ${event.data.text}`;
    default:
      return undefined;
  }
};

const foundNote = (event: RecordedEvent, wasOver: boolean, source: Heard['source']): string => {
  const { pbx } = event;
  if (event.source === 'reconcile') {
    if (wasOver)
      return `it was over as far as was known; a report or a list said otherwise, ${pbx} was asked about it, and has it`;
    const list = source === 'ari' ? "Asterisk's cache, which also keeps ghosts" : 'its real channels';
    return `its beginning was not heard: it was found in ${pbx}'s list of ${list}`;
  }
  if (wasOver)
    return 'it was over; a creation of that id was reported again, and then something that only a live channel does';
  return 'its beginning was not heard: this report proves that it is there';
};

const endNote = (event: RecordedEvent & { type: 'ChannelDestroyed' }, recording: boolean): string | undefined => {
  const { pbx, source, data } = event;
  switch (data.reason) {
    case 'hangup':
      return undefined;
    case 'pbx-restarted':
      return `${pbx} restarted, and no channel outlives that`;
    case 'reconciled':
      if (source !== 'reconcile') return `${pbx} reported its creation a second time: what was before is over`;
      return recording
        ? `no Hangup was heard: two complete lists of ${pbx} lacked it`
        : `no Hangup was heard: ${pbx}'s list lacked it, or a report contradicted it, and asked about it alone ${pbx} had no such channel`;
  }
};
