import { type Position, position, START } from '@rollcall/channel';
import type { Follow } from './follow.ts';
import type { Milestones } from './milestones.ts';
import { positionOf, recordedAt, type Stored } from './record.ts';

/** How far the clocks of a cluster's nodes may differ, in milliseconds: after an election, times may go back by that. */
const CLOCKS_DIFFER_MS = 10_000;

/** The last event recorded at or before `time`, sought from the last milestone of that time on. */
export const positionAt = async (
  time: number,
  {
    newest,
    milestones,
    follow,
    signal,
  }: {
    newest: () => Promise<Stored | undefined>;
    milestones: Milestones;
    follow: Follow;
    signal: AbortSignal;
  },
): Promise<Position> => {
  const last = await newest();
  if (!last) return START;
  if (recordedAt(last) <= time) return position(positionOf(last));
  const milestone = await milestones.before({ time });
  let found: number = milestone?.position ?? START;
  for await (const batch of follow(found, { until: positionOf(last), signal })) {
    for (const stored of batch) {
      const recorded = recordedAt(stored);
      if (recorded > time + CLOCKS_DIFFER_MS) return position(found);
      if (recorded <= time) found = positionOf(stored);
    }
  }
  return position(found);
};
