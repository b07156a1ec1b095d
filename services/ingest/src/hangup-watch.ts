import type { IngestCounters } from './counters.ts';
import type { Writer } from './writer.ts';

/** A Hangup that is only late comes within seconds: no more than these are waited for. */
const WAITED_FOR = 10_000;

/**
 * Whether a connection, which was never lost, tells of every end: a channel that it was heard of on, and that a list and a second
 * look then found gone, ended without a word.
 */
export const createHangupWatch = ({ writer, counters }: { writer: Writer; counters: IngestCounters }) => {
  const begin = writer.heard;
  const missed = new Set<string>();
  return {
    /** A channel was ended here since the PBX has it no more. */
    removed: (uniqueid: string): void => {
      if ((writer.known(uniqueid)?.heard ?? 0) <= begin) return;
      counters.hangups.missed++;
      if (missed.size < WAITED_FOR) missed.add(uniqueid);
    },
    /** The PBX told of an end. */
    told: (uniqueid: string): void => {
      counters.hangups.told++;
      if (missed.delete(uniqueid)) counters.hangups.late++;
    },
  };
};
