// A program that uses ari-client as it comes from npm. Each server has a process of its own: ari-client keeps one login for all its connections.
import ari, { type AriClient, type AriEvent, type AriModel } from 'ari-client';
import { waitFor } from '../support/rollcall-process.ts';

/** What a program saw that uses ari-client as it comes from npm. */
export type Seen = {
  listed: Record<string, unknown>[];
  got: Record<string, unknown>[];
  refusal: string;
  application: unknown;
  /** Of the calls that were made meanwhile, in the order in which they came. */
  events: AriEvent[];
};

const OWN = '_client';
/** A model as it came, without what ari-client adds to it. */
const plain = (model: AriModel): Record<string, unknown> =>
  Object.fromEntries(Object.entries(model).filter(([name, value]) => name !== OWN && typeof value !== 'function'));
const byId = (a: Record<string, unknown>, b: Record<string, unknown>): number => (String(a.id) < String(b.id) ? -1 : 1);

/** Connects, lists, gets each channel, asks for one that is not there, follows what happens to new channels until they are over, closes. */
const story = async (url: string, user: string, password: string, following: () => void): Promise<Seen> => {
  const client = await ari.connect(url, user, password);
  const listed = (await client.channels.list()).map(plain).sort(byId);
  const got: Record<string, unknown>[] = [];
  for (const { id } of listed) got.push(plain(await client.channels.get({ channelId: String(id) })));
  const refusal = await client.channels.get({ channelId: 'not-there' }).then(
    () => 'nothing',
    (error: Error) => error.message,
  );
  const events: AriEvent[] = [];
  client.on('*', (event) => events.push(event));
  await client.start('story', true);
  const known = new Set(listed.map(({ id }) => id));
  following();
  const of = (type: string) => events.filter((event) => event.type === type && !known.has(event.channel?.id)).length;
  await waitFor('the end of the calls', () => {
    const begun = of('ChannelCreated');
    return begun > 0 && begun === of('ChannelDestroyed');
  });
  const application = plain(await client.applications.get({ applicationName: 'story' }));
  await pong(client);
  client.stop();
  return {
    listed,
    got,
    refusal,
    application,
    events: events.filter(({ channel }) => channel && !known.has(channel.id)),
  };
};

const pong = (client: AriClient): Promise<void> =>
  new Promise((resolve) => {
    client.on('pong', () => resolve());
    client.ping();
  });

const [url = '', user = '', password = ''] = process.argv.slice(2);
const send = (message: object): void => void process.send?.(message);
send({ seen: await story(url, user, password, () => send({ following: true })) });
process.disconnect?.();
