import { RollcallError } from '@rollcall/errors';
import type { EmbeddedLog, EventLog } from '@rollcall/event-log';

export const isEmbedded = (log: EventLog): log is EmbeddedLog => 'compact' in log && 'check' in log;

/**
 * For what only the log on this machine's disk can do.
 * @throws RollcallError NOT_THIS_LOG
 */
export const embeddedOnly = (log: EventLog, what: string, instead: string): EmbeddedLog => {
  if (isEmbedded(log)) return log;
  throw notThisLog(what, instead);
};

export const notThisLog = (what: string, instead: string): RollcallError =>
  new RollcallError('NOT_THIS_LOG', `${what}: that is for the embedded log, and this one is on a server.`, instead);
