import { type Channel, stateText } from '@rollcall/channel';
import { column } from './column.ts';
import { footer } from './footer.ts';
import type { Listing } from './listing.ts';
import { oldestFirst } from './order.ts';

const line = (channel: string, location: string, state: string, application: string): string =>
  `${column(channel, 64)} ${column(location, 32)} ${column(state, 7)} ${column(application, 30)}\n`;

const TITLE = line('Channel', 'Location', 'State', 'Application(Data)');

/** `core show channels` of Asterisk 18.18, 20.3, 21 and later (earlier ones print narrower columns). */
export const plain = (listing: Listing): string =>
  TITLE + oldestFirst(listing.channels).map(plainRow).join('') + footer(listing);

const plainRow = (channel: Channel): string =>
  line(
    channel.name,
    channel.context && channel.exten ? `${channel.exten}@${channel.context}:${channel.priority ?? 0}` : '(None)',
    stateText(channel.state),
    channel.application ? `${channel.application}(${channel.applicationData ?? ''})` : '(None)',
  );
