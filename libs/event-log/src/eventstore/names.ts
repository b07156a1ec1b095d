import { RollcallError } from '@rollcall/errors';

/** The kinds of streams there are. A stream of another kind would not be in what is read back, so it is not written. */
const KINDS = ['channel/', 'pbx/'];

/** Names of streams in the store, which other applications, or other installations of Rollcall, may share. */
export type Names = {
  readonly prefix: string;
  /** What the names of all our streams begin with. */
  readonly ours: readonly string[];
  /** The log's own stream: its beginning, and what was set for it. */
  readonly log: string;
  /** How long closed streams are kept, since when. */
  readonly retention: string;
  /** Where streams stood at places along the log. */
  readonly milestones: string;
  /** @throws RollcallError EVENT_INVALID */
  inStore(stream: string): string;
};

/** @throws RollcallError LOG_ADDRESS_INVALID */
export const names = (prefix: string): Names => {
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(prefix)) {
    throw new RollcallError(
      'LOG_ADDRESS_INVALID',
      `${JSON.stringify(prefix)} is no prefix for the streams of an installation.`,
      'Use 1 to 64 letters, digits, dots, colons, underlines and dashes, with a dash at the end: the server takes what stands before the first dash as the category.',
    );
  }
  return {
    prefix,
    ours: KINDS.map((kind) => prefix + kind),
    log: `${prefix}log`,
    retention: `${prefix}retention`,
    milestones: `${prefix}milestones`,
    inStore: (stream) => {
      if (KINDS.some((kind) => stream.startsWith(kind))) return prefix + stream;
      throw new RollcallError(
        'EVENT_INVALID',
        `${JSON.stringify(stream)} is no stream of a channel or of a PBX.`,
        'This is a mistake in the program that appends.',
      );
    },
  };
};
