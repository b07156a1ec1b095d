import type { Told } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import { createBridgeMembers } from '../bridge-members.ts';
import type { Follow } from '../hub.ts';
import { type AmiEvent, amiEvents } from './events.ts';

/**
 * The same feed, of which each batch is said in AMI's events before anybody has it: once for all sessions, and in order, so that who is in
 * which bridge is kept from event to event.
 */
export const sayEvents = (
  follow: Follow,
  cache: Pick<CacheReader, 'list'>,
): { follow: Follow; said: (told: readonly Told[]) => readonly AmiEvent[] } => {
  const said = new WeakMap<readonly Told[], readonly AmiEvent[]>();
  return {
    async *follow(from, signal) {
      // The list is looked at in the moment from which the feed tells.
      const batches = follow(from, signal);
      const members = createBridgeMembers(cache);
      for await (const told of batches) {
        said.set(told, amiEvents(told, members));
        yield told;
      }
    },
    said: (told) => said.get(told) ?? [],
  };
};
