/**
 * What a record says of a channel is older or newer by this, wherever it stands in the topic. `log`: the event log that it was
 * made of; `boot`: which run of the Asterisk process; `revision`: place of the channel's last event in its stream, from 0.
 * `gone`: the record is a tombstone.
 */
export type Version = { log: string; boot: number; revision: number; gone: boolean };

/**
 * Does `next`, which stands later in the partition, take the place of `known`? In one log the newer boot wins, in one boot the higher
 * revision, and at the same place the end: what is over stays over. The same place again is the same, or what a newer version
 * of Rollcall makes of it: it is taken. Places in different logs cannot be compared: there the partition's order tells.
 */
export const supersedes = (next: Version, known: Version | undefined): boolean => {
  if (known === undefined || next.log !== known.log) return true;
  if (next.boot !== known.boot) return next.boot > known.boot;
  if (next.revision !== known.revision) return next.revision > known.revision;
  return next.gone || !known.gone;
};
