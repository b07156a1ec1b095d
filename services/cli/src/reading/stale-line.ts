import { type Pbx, position } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { printable } from '@rollcall/listing';
import { span } from './span.ts';

/** One line for stderr: why channels of this PBX are marked as stale. */
export const staleLine = (
  { pbx, count, hidden }: { pbx: Pbx; count: number; hidden: number },
  now: number,
  reason: string | undefined,
): string => {
  const what = pbx.connected
    ? 'connected again, and not yet compared with its own list'
    : `connection lost ${span(now - pbx.since)} ago (${reason ? printable(reason) : 'reason unknown here'})`;
  const many = `${count} ${count === 1 ? 'channel is' : 'channels are'} stale and not counted`;
  const away = hidden === 0 ? '' : hidden === count ? ', nor listed any more' : `; ${hidden} not listed any more`;
  return `${printable(pbx.name)}: ${what}: ${many}${away}\n`;
};

/** What the log says of the loss that made the channels stale. */
export const lossReason = async (pbx: Pbx, log: EventLog | undefined): Promise<string | undefined> => {
  if (pbx.staleBefore === undefined || !log) return undefined;
  for await (const [event] of log.readAll(position(pbx.staleBefore - 1), pbx.staleBefore)) {
    return event?.type === 'PbxDisconnected' ? event.data.reason : undefined;
  }
  return undefined;
};
