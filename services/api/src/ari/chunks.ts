import type { Channel } from '@rollcall/channel';

/** Channels of a list that were written together: a change writes only the chunk anew that it is in. */
export type Chunk = {
  channels: readonly Channel[];
  /** The JSON of each, with a comma before it. */
  body: Buffer;
};

/** Channels in one chunk: some 45 kB. */
const SIZE = 128;

/**
 * The chunks of a list as it is now; those of before are taken over wherever nothing changed. A list mostly keeps its order: what is
 * changed stays at its place, what is new comes last. Where it does not, more is written anew, and nothing is wrong.
 */
export const rechunk = (
  before: readonly Chunk[],
  list: Iterable<Channel>,
  bodyOf: (channel: Channel) => string,
): Chunk[] => {
  const chunks: Chunk[] = [];
  let kept: Channel[] = [];
  let old = 0;
  let at = 0;
  let changed = false;

  const close = (): void => {
    const same = before[old];
    const last = chunks.at(-1);
    if (last && kept.length > 0 && last.channels.length + kept.length <= SIZE) {
      chunks[chunks.length - 1] = write([...last.channels, ...kept], bodyOf);
    } else if (same && !changed) chunks.push(same);
    else if (kept.length > 0) chunks.push(write(kept, bodyOf));
    kept = [];
    changed = false;
    at = 0;
    old += 1;
  };

  for (const channel of list) {
    for (;;) {
      const chunk = before[old];
      if (!chunk) {
        if (kept.length === SIZE) close();
        changed = true;
        break;
      }
      const was = chunk.channels[at];
      if (!was) {
        close();
        continue;
      }
      at += 1;
      if (was === channel) break;
      changed = true;
      if (isSame(was, channel)) break;
    }
    kept.push(channel);
  }
  // What the old chunk has beyond the end of the list is gone.
  if (at < (before[old]?.channels.length ?? 0)) changed = true;
  if (kept.length > 0) close();
  return chunks;
};

const isSame = (one: Channel, other: Channel): boolean =>
  one.uniqueid === other.uniqueid && one.pbx === other.pbx && one.boot === other.boot;

const write = (channels: readonly Channel[], bodyOf: (channel: Channel) => string): Chunk => {
  let text = '';
  for (const channel of channels) text += `,${bodyOf(channel)}`;
  return { channels, body: Buffer.from(text) };
};
