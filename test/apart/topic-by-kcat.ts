import { readTopic } from '../brokers/judge.ts';
import { waitFor } from '../support/rollcall-process.ts';

/** What the compacted topic holds for that PBX: keys whose last record has a value, as kcat reads it. */
export const liveOnTopic = async (bootstrap: readonly string[], pbx: string): Promise<string[]> => {
  const last = new Map<string, string | null>();
  for (const { key, value } of await readTopic(bootstrap, 'rollcall.channels')) last.set(key ?? '', value);
  return [...last].flatMap(([key, value]) => (value !== null && key.startsWith(`${pbx}/`) ? [key] : [])).sort();
};

/** Waits until the topic holds exactly these of that PBX. */
export const untilOnTopic = async (
  bootstrap: readonly string[],
  pbx: string,
  expected: () => Promise<readonly string[]>,
): Promise<void> => {
  let told = '';
  try {
    await waitFor(`the topic of ${pbx}`, async () => {
      const [live, wanted] = [await liveOnTopic(bootstrap, pbx), [...(await expected())].sort()];
      told = `on the topic ${live}, expected ${wanted}`;
      return JSON.stringify(live) === JSON.stringify(wanted);
    });
  } catch (error) {
    throw new Error(`${error}: ${told.slice(0, 2000)}`);
  }
};
