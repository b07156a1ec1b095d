import { RollcallError } from '@rollcall/errors';

export type SpoolBounds = {
  /** In bytes. */
  maxBytes: number;
  /** How long the oldest may wait, in milliseconds; undefined: for ever. */
  maxAge: number | undefined;
  whenFull: 'disconnect' | 'discard';
};

export const spoolFull = (dir: string, then: SpoolBounds['whenFull'], cause: unknown): RollcallError =>
  new RollcallError(
    'SPOOL_FULL',
    `The event log has been away for so long that the spool ${dir} is full${cause === undefined ? ': its oldest event is too old' : ''}.`,
    then === 'discard'
      ? 'What waited is given up, and what follows until the log is back. Bring the log back; raise spoolSize or spoolAge, or make room on that disk, for the next time.'
      : 'Bring the log back, make room on that disk, or raise spoolSize or spoolAge. PBXs that report more than fits in memory are disconnected until then.',
    { cause },
  );
