import { type RollcallProcess, waitFor } from '../support/rollcall-process.ts';
import type { AriAccess } from './pbx.ts';

export type AriChannel = Record<string, unknown> & { id: string };
type Answer = { channels: Map<string, AriChannel>; bridges: Map<string, string[]> };

/** `same`: always; `derived`: as the rule says; `impossible`: no feed of that kind says it, and ours is empty. */
export type Fidelity = 'same' | 'impossible' | ((theirs: unknown, ours: unknown) => boolean);

export const FIELDS = [
  ...['id', 'name', 'state', 'protocol_id', 'caller.name', 'caller.number', 'connected.name', 'connected.number'],
  ...['accountcode', 'dialplan.context', 'dialplan.exten', 'dialplan.priority', 'dialplan.app_name'],
  ...['dialplan.app_data', 'creationtime', 'language', 'caller_rdnis', 'channelvars', 'tenantid'],
] as const;
export type Field = (typeof FIELDS)[number];

/** What logs a user of ARI in. */
export const authorization = ({ user, password }: AriAccess): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export const askAri = async (access: AriAccess, path: string): Promise<unknown> =>
  (await fetch(`${access.url}${path}`, { headers: { authorization: authorization(access) } })).json();

const answerOf = async (access: AriAccess): Promise<Answer> => {
  const channels = (await askAri(access, '/channels')) as AriChannel[];
  const bridges = (await askAri(access, '/bridges')) as { id: string; channels: string[] }[];
  return {
    channels: new Map(channels.map((one) => [one.id, one])),
    bridges: new Map(bridges.filter((one) => one.channels.length > 0).map((one) => [one.id, one.channels.sort()])),
  };
};

const stable = ({ channels, bridges }: Answer): string =>
  JSON.stringify([
    [...channels].sort(([a], [b]) => (a < b ? -1 : 1)),
    [...bridges].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);

/** What Asterisk and our faces answer at a moment at which nothing changes, with at least so many channels. */
export const quietMoment = async (
  asterisk: AriAccess,
  faces: Record<string, AriAccess>,
  atLeast: number,
): Promise<{ theirs: Answer; ours: Map<string, Answer> }> => {
  let moment: { theirs: Answer; ours: Map<string, Answer> } | undefined;
  const read = async () =>
    new Map(
      await Promise.all(Object.entries(faces).map(async ([name, face]) => [name, await answerOf(face)] as const)),
    );
  const told = (answers: Map<string, Answer>): string => [...answers.values()].map(stable).join();
  await waitFor(`a quiet moment with ${atLeast} channels`, async () => {
    const theirs = await answerOf(asterisk);
    if (theirs.channels.size < atLeast) return false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ours = await read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (stable(await answerOf(asterisk)) !== stable(theirs) || told(await read()) !== told(ours)) return false;
    moment = { theirs, ours };
    return true;
  });
  if (!moment) throw new Error('no quiet moment');
  return moment;
};

/** What is otherwise than `table` says, field by field: empty when all is. */
export const differences = (theirs: Answer, ours: Answer, table: Record<Field, Fidelity>): string[] => {
  const wrong: string[] = [];
  for (const id of new Set([...theirs.channels.keys(), ...ours.channels.keys()])) {
    const [their, our] = [theirs.channels.get(id), ours.channels.get(id)];
    if (!their || !our) wrong.push(`${id} ${their?.name ?? our?.name}: ${their ? 'Asterisk' : 'ours'} only`);
    else {
      for (const field of FIELDS) {
        const [a, b] = [at(their, field), at(our, field)];
        if (!holds(table[field], a, b))
          wrong.push(`${our.name} ${field}: ${JSON.stringify(a)}, ours ${JSON.stringify(b)}`);
      }
    }
  }
  for (const id of new Set([...theirs.bridges.keys(), ...ours.bridges.keys()])) {
    const [their, our] = [theirs.bridges.get(id), ours.bridges.get(id)];
    if (JSON.stringify(their) !== JSON.stringify(our)) wrong.push(`bridge ${id}: ${their}, ours ${our}`);
  }
  return wrong;
};

const at = (channel: AriChannel, field: Field): unknown =>
  field.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], channel);

const holds = (fidelity: Fidelity, theirs: unknown, ours: unknown): boolean => {
  if (fidelity === 'impossible') return ours === '' || ours === undefined;
  if (fidelity === 'same') return JSON.stringify(theirs) === JSON.stringify(ours);
  return fidelity(theirs, ours);
};

export const faceOf = (rollcall: RollcallProcess, pbx: string): AriAccess => ({
  url: `${rollcall.url}/pbx/${pbx}/ari`,
  user: 'nobody',
  password: 'needed',
});
