import { type Finding, finding } from '@rollcall/asterisk';
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
  const before = { ...counters.hangups };
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
    /** What this connection shows of it. */
    finding: (): Finding => {
      const told = counters.hangups.told - before.told;
      const silent = counters.hangups.missed - before.missed - (counters.hangups.late - before.late);
      if (silent > 0) {
        const detail = `Of ${silent + told} channels that ended over this connection, ${silent} did so without a Hangup.`;
        return finding('hangups', false, detail, HIDDEN);
      }
      if (told > 0) return finding('hangups', true, `All of the ${told} ends over this connection were told.`);
      return finding(
        'hangups',
        undefined,
        'No channel has ended since the connection began.',
        'Make a call and ask again.',
      );
    },
  };
};

const HIDDEN =
  'See that neither eventfilter nor disabledevents (manager.conf) nor declined messages (stasis.conf) hide Hangup. What Asterisk itself loses (its issue 783) is found by lists all the same.';
