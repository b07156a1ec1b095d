import { RollcallError } from '@rollcall/errors';
import type { Mirror } from './mirror.ts';
import { idOf, type KafkaRecord } from './record.ts';

/**
 * Feeds a mirror, and takes nothing on trust: whoever connects again begins with the last record that is known, since behind
 * it may be another partition: of a topic that was made anew, or of a broker that came back without its newest records.
 */
export const resuming = (mirror: Mirror, label: string) => {
  let connected = false;
  const { promise: resumed, resolve: nowResumed } = Promise.withResolvers<void>();
  if (mirror.state.lastOffset < 0) nowResumed();
  const overlaps = (): boolean => !connected && mirror.state.lastOffset >= 0;
  const from = (): number => (overlaps() ? mirror.state.lastOffset : mirror.state.next);

  return {
    /** The partition is known to be the one that the mirror is of. */
    resumed,
    /** A new connection. */
    begin: (): void => {
      connected = false;
    },
    /** The offset to fetch from. */
    from,
    /** @throws RollcallError LOG_DIVERGED, and those of `Mirror.take` */
    take: (fetched: readonly KafkaRecord[]): void => {
      const records = fetched.filter(({ offset }) => Number(offset) >= from());
      const [first] = records;
      if (!first) return;
      if (overlaps() && (Number(first.offset) !== mirror.state.lastOffset || idOf(first) !== mirror.state.lastId)) {
        throw diverged(label, mirror, `another record stands at offset ${first.offset}`);
      }
      connected = true;
      nowResumed();
      mirror.take(records);
    },
    endsBefore: (end: number): RollcallError => diverged(label, mirror, `it ends at offset ${end}`),
    /** The broker has no record at the offset asked for. */
    outOfRange: (): RollcallError =>
      mirror.state.next === 0
        ? truncated(label)
        : diverged(label, mirror, `it has no record at offset ${from()} any more`),
  };
};

export type Resuming = ReturnType<typeof resuming>;

const diverged = (label: string, { path, state }: Mirror, what: string): RollcallError =>
  new RollcallError(
    'LOG_DIVERGED',
    `${label} is not the one that was read up to offset ${state.next}: ${what}.`,
    `Was the topic made anew, or did brokers lose records that they had acknowledged? Start Rollcall again: it then follows the topic as it is; the copy of what was read stays beside ${path}.`,
  );

const truncated = (label: string): RollcallError =>
  new RollcallError(
    'LOG_TRUNCATED',
    `The first records of ${label} have been deleted: what is live cannot be told from the rest.`,
    'Restore the data directory of a Rollcall that has read them, or name a new topic: live channels are found again, history is not.',
  );
