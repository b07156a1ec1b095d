import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { position, type Quarantined, revision } from '@rollcall/channel';
import { type Changes, createMemoryCache, type StateCache, writeImage } from '@rollcall/state-cache';

const change = (cache: StateCache, changes: Partial<Changes>): void =>
  cache.commit({
    puts: new Map(),
    removals: [],
    pbxs: [],
    quarantine: new Map(),
    checkpoint: cache.checkpoint,
    ...changes,
  });

const first = (cache: StateCache) => {
  const [entry] = cache.entries();
  if (!entry) throw new Error('the list is empty: there is nothing to damage');
  return { stream: entry[0], channel: entry[1] };
};

const setAside = (cache: StateCache): Quarantined => {
  const [held] = cache.quarantine();
  if (!held) throw new Error('nothing is set aside');
  return held;
};

const imageOf = (data: string): string => join(data, 'channels.image');

const image =
  (how: (bytes: Buffer) => Buffer): Damage =>
  (_, { data }) =>
    writeFileSync(imageOf(data), how(readFileSync(imageOf(data))));

/** Another list, with the checksum of an image that is whole. */
const falseImage =
  (how: (cache: StateCache) => void): Damage =>
  async (cache, { data, log }) => {
    const other = createMemoryCache();
    const [puts, pbxs] = [new Map(cache.entries()), [...cache.pbxs()]];
    const quarantine = new Map([...cache.quarantine()].map((one) => [one.stream, one]));
    other.commit({ puts, removals: [], pbxs, quarantine, checkpoint: cache.checkpoint });
    how(other);
    await writeImage(imageOf(data), other, log);
  };

export type Damage = (cache: StateCache, place: { data: string; log: string }) => void | Promise<void>;

/** Ways in which a list, or what a restart makes it from, can be wrong: by a defect, a bad bit, or a hand. */
export const DAMAGES: Record<string, Damage> = {
  'an entry is dropped': (cache) => change(cache, { removals: [first(cache).stream] }),
  'all entries are dropped': (cache) => change(cache, { removals: [...cache.entries()].map(([stream]) => stream) }),
  'an entry is added': (cache) =>
    change(cache, { puts: new Map([['channel/pbx-a/3/9.9', { ...first(cache).channel, uniqueid: '9.9' }]]) }),
  'an entry of an older boot is added': (cache) =>
    change(cache, { puts: new Map([['channel/pbx-a/1/9.9', { ...first(cache).channel, boot: 1, uniqueid: '9.9' }]]) }),
  'a field is altered': (cache) => {
    const { stream, channel } = first(cache);
    change(cache, { puts: new Map([[stream, { ...channel, exten: 'altered' }]]) });
  },
  'a field is emptied': (cache) => {
    const { stream, channel } = first(cache);
    change(cache, { puts: new Map([[stream, { ...channel, state: undefined }]]) });
  },
  'a field is added': (cache) => {
    Object.assign(first(cache).channel, { more: 1 });
  },
  'a channel object is changed in place': (cache) => {
    first(cache).channel.applicationData = 'changed in place';
  },
  'an entry is older than it should be': (cache) => {
    const { stream, channel } = first(cache);
    change(cache, { puts: new Map([[stream, { ...channel, revision: revision(channel.revision + 1) }]]) });
  },
  'an entry says another place in the log': (cache) => {
    const { stream, channel } = first(cache);
    change(cache, { puts: new Map([[stream, { ...channel, position: position(channel.position - 1) }]]) });
  },
  'an entry stands under the id of another': (cache) => {
    const [one, other] = [...cache.entries()];
    if (one && other) change(cache, { puts: new Map([[one[0], other[1]]]) });
  },
  'an entry stands under an id of its own making': (cache) =>
    change(cache, { puts: new Map([['channel/pbx-a/3/9.9', first(cache).channel]]) }),
  'the index by name lacks a channel, and has one that is not': (cache) => {
    const { channel } = first(cache);
    // Behind the index, which goes on under the former name.
    channel.name = `${channel.name}-torn`;
  },
  'the index by name keeps what is gone': (cache) => {
    const { stream, channel } = first(cache);
    const { name } = channel;
    const torn = { ...channel, name: `${name}-torn` };
    // Each time behind the index: it has both names, and the channel the right one.
    channel.name = `${name}-gone`;
    change(cache, { puts: new Map([[stream, torn]]) });
    torn.name = name;
  },
  'a PBX is said to be connected': (cache) => {
    const [pbx] = cache.pbxs();
    if (pbx) change(cache, { pbxs: [{ ...pbx, connected: !pbx.connected }] });
  },
  'a PBX has another boot': (cache) => {
    const [pbx] = cache.pbxs();
    if (pbx) change(cache, { pbxs: [{ ...pbx, boot: pbx.boot + 1 }] });
  },
  'a PBX is invented': (cache) => {
    const [pbx] = cache.pbxs();
    if (pbx) change(cache, { pbxs: [{ ...pbx, name: 'invented' }] });
  },
  'a stream is set aside for nothing': (cache) => {
    const held = setAside(cache);
    const stream = [...cache.entries()].map(([one]) => one).find((one) => one !== held.stream) ?? '';
    change(cache, { quarantine: new Map([[stream, { ...held, stream }]]) });
  },
  'a stream is set aside no longer': (cache) =>
    change(cache, { quarantine: new Map([[setAside(cache).stream, undefined]]) }),
  'less waits than does': (cache) => {
    const held = setAside(cache);
    change(cache, { quarantine: new Map([[held.stream, { ...held, head: held.revision }]]) });
  },
  'the checkpoint is moved back': (cache) => change(cache, { checkpoint: position(cache.checkpoint - 1) }),
  'the checkpoint is moved far back': (cache) => change(cache, { checkpoint: position(10) }),
  'the checkpoint is moved beyond the log': (cache) => change(cache, { checkpoint: position(cache.checkpoint + 5) }),
  'a byte of the image is another': image((bytes) => bytes.fill(1, bytes.length - 9, bytes.length - 8)),
  'the image is cut off': image((bytes) => bytes.subarray(0, bytes.length / 2)),
  'the image is empty': image(() => Buffer.alloc(0)),
  'the image is something else': image(() => Buffer.from('{"not":"an image"}\n')),
  'the image is whole, and lacks an entry': falseImage((cache) => change(cache, { removals: [first(cache).stream] })),
  'the image is whole, and of the future': falseImage((cache) =>
    change(cache, { checkpoint: position(cache.checkpoint + 9) }),
  ),
};
