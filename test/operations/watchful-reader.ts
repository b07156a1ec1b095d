import type { Channel } from '@rollcall/channel';

type Served = { position: number; channels: Channel[] };

/** What the readers of one server have seen together, by the time that a read ended. */
export type Seen = { position: number; reads: number };

/**
 * Reads the list over HTTP again and again, and fails when it ever goes back: its position, the revision of a channel, or a channel
 * that was over and is back.
 */
export const watchfulReader = (url: string, seen: Seen) => {
  let stopped = false;
  const revisions = new Map<string, number>();
  const over = new Set<string>();
  const check = ({ position, channels }: Served, from: number): void => {
    if (position < from) throw new Error(`the list went back from position ${from} to ${position}`);
    const listed = new Set(channels.map(({ uniqueid }) => uniqueid));
    for (const { uniqueid, revision, position: at } of channels) {
      const known = revisions.get(uniqueid) ?? 0;
      if (over.has(uniqueid)) throw new Error(`${uniqueid} was over, and is back at position ${position}`);
      if (revision < known) throw new Error(`${uniqueid} went back from revision ${known} to ${revision}`);
      if (at > position) throw new Error(`${uniqueid} is of position ${at} in a list of position ${position}`);
      revisions.set(uniqueid, revision);
    }
    for (const uniqueid of revisions.keys()) {
      if (listed.has(uniqueid)) continue;
      revisions.delete(uniqueid);
      over.add(uniqueid);
    }
  };
  const reading = (async (): Promise<void> => {
    while (!stopped) {
      const from = seen.position;
      const response = await fetch(`${url}/v1/channels`);
      if (response.status !== 200) throw new Error(`a read failed with ${response.status}: ${await response.text()}`);
      const list = (await response.json()) as Served;
      check(list, from);
      seen.position = Math.max(seen.position, list.position);
      seen.reads++;
    }
  })();
  // Its failure is told when it is stopped.
  reading.catch(() => {});
  return async (): Promise<void> => {
    stopped = true;
    await reading;
  };
};
