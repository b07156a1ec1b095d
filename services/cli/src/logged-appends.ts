import type { EventLog } from '@rollcall/event-log';
import type { Logger } from 'pino';

type Appends = { append: (...args: Parameters<EventLog['append']>) => Promise<unknown> };

/** The same log, of which level `debug` tells every event by its id once it is durable; without that level nothing stands between. */
export const loggedAppends = <Log extends Appends>(log: Log, logger: Pick<Logger, 'isLevelEnabled' | 'debug'>): Log => {
  if (!logger.isLevelEnabled('debug')) return log;
  const append: Appends['append'] = async (...asked) => {
    const appended = await log.append(...asked);
    const [stream, , events] = asked;
    for (const { id, type, pbx } of events) logger.debug({ event: id, type, stream, pbx }, 'appended');
    return appended;
  };
  return { ...log, append };
};
