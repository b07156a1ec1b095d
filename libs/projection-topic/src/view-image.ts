import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import { ageOf, type Copy, createCopy, type Moment, momentOf } from './copy.ts';
import { channelSchema, checkpointSchema, pbxSchema } from './snapshot.ts';
import type { TopicNames } from './topic.ts';

const IMAGE_VERSION = 1;

const whole = z.int().nonnegative();
const byPartition = z.array(z.tuple([whole, whole]));
const byTopic = z.array(z.tuple([z.string(), byPartition]));
const version = z.object({ log: z.string(), boot: whole, revision: whole, gone: z.boolean() });

const imageSchema = z.object({
  rollcallView: z.literal(IMAGE_VERSION),
  topics: z.object({ channels: z.string(), status: z.string() }),
  /** Milliseconds since 1970 of the moment up to which nothing was missing. */
  completeAt: whole,
  places: byTopic,
  newest: byTopic,
  channels: z.array(z.tuple([z.string(), version, channelSchema])),
  tombstones: z.array(z.tuple([z.string(), version])),
  pbxs: z.array(z.object({ partition: whole.optional(), log: z.string(), revision: whole, pbx: pbxSchema })),
  checkpoints: z.array(z.tuple([z.string(), z.object({ log: z.string(), checkpoint: checkpointSchema })])),
});

type Image = z.infer<typeof imageSchema>;

/**
 * Writes a copy to `path`, beside it first and then moved into place, so that a crash leaves the old image or the new one.
 * @throws RollcallError VIEW_IMAGE_NOT_SAVED; the old image, if there is one, stays
 */
export const saveViewImage = async (path: string, copy: Copy, topics: TopicNames, { clock }: World): Promise<void> => {
  const { channels, status } = copy;
  const image: Image = {
    rollcallView: IMAGE_VERSION,
    topics,
    completeAt: Math.floor(clock.now() - ageOf(copy, momentOf(clock))),
    places: entriesOf(copy.places),
    newest: entriesOf(copy.newest),
    channels: [...channels.live].map(([key, entry]) => [key, entry.version, entry.channel]),
    tombstones: [...channels.tombstones],
    pbxs: [...status.entries()],
    checkpoints: [...status.checkpoints],
  };
  const content = JSON.stringify(image);
  const fresh = `${path}.new`;
  try {
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(`${sha256(content)} ${content}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {}); // What could not be written may not be removable either.
    const why = cause instanceof Error ? cause.message : cause;
    throw new RollcallError(
      'VIEW_IMAGE_NOT_SAVED',
      `The image ${path} could not be saved: ${why}.`,
      'Nothing is lost: the next start reads the whole topic instead, which takes longer.',
      { cause },
    );
  }
};

/**
 * Reads an image, believing nothing: form, version, checksum, topics, and that it is not of the future. Its age is the copy's.
 * Undefined when there is none.
 * @throws RollcallError VIEW_IMAGE_REFUSED, with the reason; the whole topic is read then
 */
export const loadViewImage = async (path: string, topics: TopicNames, { clock }: World): Promise<Copy | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refused(path, error.message);
  });
  if (text === undefined) return undefined;
  const content = text.slice(HASH + 1);
  if (text.slice(0, HASH + 1) !== `${sha256(content)} `) throw refused(path, 'its checksum does not match');
  const image = imageSchema.safeParse(JSON.parse(content));
  if (!image.success) throw refused(path, 'it is of another version');
  const { data } = image;
  if (data.topics.channels !== topics.channels || data.topics.status !== topics.status) {
    throw refused(path, `it is of ${data.topics.channels} and ${data.topics.status}`);
  }
  const age = clock.now() - data.completeAt;
  if (age < 0) throw refused(path, 'it is of the future: the clock was set back');
  return copyOf(data, momentOf(clock, age));
};

const copyOf = (image: Image, completeAt: Moment): Copy => {
  const copy = createCopy(mapsOf(image.places), completeAt);
  const { channels, status } = copy;
  for (const [key, of, channel] of image.channels) channels.take({ is: 'snapshot', key, version: of, channel });
  for (const [key, of] of image.tombstones) channels.take({ is: 'tombstone', key, version: of });
  for (const entry of image.pbxs) status.take({ is: 'pbx', name: entry.pbx.name, partition: undefined, ...entry });
  for (const [key, entry] of image.checkpoints) status.take({ is: 'checkpoint', key, ...entry });
  return { ...copy, newest: mapsOf(image.newest) };
};

const entriesOf = (maps: Copy['places']): Image['places'] => [...maps].map(([topic, offsets]) => [topic, [...offsets]]);
const mapsOf = (entries: Image['places']): Copy['places'] =>
  new Map(entries.map(([topic, offsets]) => [topic, new Map(offsets)]));

/** Of a SHA-256 in hex. */
const HASH = 64;
const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

const refused = (path: string, why: string) =>
  new RollcallError('VIEW_IMAGE_REFUSED', `The image ${path} is not used: ${why}.`, 'The whole topic is read instead.');
