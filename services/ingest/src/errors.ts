import { RollcallError } from '@rollcall/errors';

export const sessionError = {
  notConnected: (pbx: string, address: string, why: string | undefined) =>
    new RollcallError(
      'PBX_NOT_CONNECTED',
      `${pbx} at ${address} is not connected${why ? `: ${why.replace(/\.$/, '')}.` : '.'}`,
      'The connection is made again by itself; ask again when it stands.',
    ),
  unplaced: (pbx: string) =>
    new RollcallError(
      'INGEST_STARTED_OVER',
      `The event log lacks some of what was written of ${pbx}: what it has is read anew, and the lists are compared.`,
      'Nothing needs to be done; see refused.ndjson in the spool for what could not be placed.',
    ),
  abandoned: (pbx: string, what: 'audit' | 'examination') =>
    new RollcallError(
      `${what.toUpperCase()}_ABANDONED`,
      `The ${what} of ${pbx} was given up before it ended.`,
      'Ask for it again.',
    ),
  overflow: (address: string) =>
    new RollcallError(
      'INGEST_OVERFLOW',
      `${address} reports more than can be written, or the log cannot be written.`,
      'Nothing is lost: the lists are compared on return. Check the disk and its room.',
    ),
};
