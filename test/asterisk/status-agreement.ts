import { type Channel, stateText } from '@rollcall/channel';
import type { RollcallProcess } from '../support/rollcall-process.ts';
import type { Headers, Judge } from './judge.ts';

const line = (name = '', state = '', context = '', exten = '', priority = '') =>
  `${name} ${state} ${exten}@${context}:${priority}`;

const statusLines = (items: readonly Headers[]): Map<string, string> =>
  new Map(
    items.map((item) => [
      item.Uniqueid ?? '',
      line(item.Channel, item.ChannelStateDesc, item.Context, item.Exten, item.Priority),
    ]),
  );

const ourLines = (channels: readonly Channel[]): Map<string, string> =>
  new Map(
    channels.map(({ uniqueid, name, state, context, exten, priority }) => [
      uniqueid,
      line(name, stateText(state), context, exten, String(priority)),
    ]),
  );

/**
 * How our list differs from what the PBX's Status says: asked before and after ours, so that what changed meanwhile is
 * allowed either way. Empty when they agree.
 */
export const disagreements = async (judge: Judge, rollcall: RollcallProcess, pbx: string): Promise<string[]> => {
  const before = statusLines(await judge.status());
  const list = await rollcall.list();
  const after = statusLines(await judge.status());
  const ours = ourLines(list.channels.filter((channel) => channel.pbx === pbx));
  const wrong: string[] = [];
  for (const [uniqueid, our] of ours) {
    if (!before.has(uniqueid) && !after.has(uniqueid)) wrong.push(`ours only: ${uniqueid} ${our}`);
  }
  for (const [uniqueid, theirs] of before) {
    if (after.get(uniqueid) === theirs && ours.get(uniqueid) !== theirs) {
      wrong.push(`${uniqueid}: Status ${theirs}, ours ${ours.get(uniqueid)}`);
    }
  }
  return wrong;
};
