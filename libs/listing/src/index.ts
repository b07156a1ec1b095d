export { type AriChannelModel, ariChannel, ariTime } from './ari-channel.ts';
export { concise, conciseRow } from './concise.ts';
export { clockText, durationSeconds } from './duration.ts';
export { type Counts, counts, footer, runsDialplan } from './footer.ts';
export type { Listing } from './listing.ts';
export { oldestFirst } from './order.ts';
export { plain, plainRow } from './plain.ts';
export { printable } from './printable.ts';
export { verbose, verboseRow } from './verbose.ts';
