import type { AriAsker, AsteriskConnection, AsteriskSource } from '@rollcall/asterisk';
import type { ListedChannel, PbxAudit } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type { AsteriskGhosts } from './asterisk-ghosts.ts';
import { audit } from './audit.ts';
import type { Comparison } from './comparison.ts';
import type { IngestCounters } from './counters.ts';
import type { WorkQueue } from './work-queue.ts';
import type { Writer } from './writer.ts';

export type AuditingOptions = {
  pbx: string;
  source: AsteriskSource;
  connection: AsteriskConnection;
  beside?: AriAsker | undefined;
  queue: WorkQueue;
  writer: Writer;
  counters: IngestCounters;
  ghosts: AsteriskGhosts;
  world: World;
  /** Milliseconds before a second look: an event on its way may settle it. */
  grace: number;
  askForList: (comparison: Comparison) => void;
  find: (uniqueid: string) => Promise<ListedChannel | undefined>;
  /** Rejects when the connection ends. */
  untilEnd: <T>(work: Promise<T>) => Promise<T>;
  audited?: ((audit: PbxAudit) => void) | undefined;
};

/** The audits of one connection: one at a time, counted, and told of. */
export const createAuditing = (options: AuditingOptions) => {
  const { source, queue, counters, untilEnd } = options;
  let comparison: Comparison | undefined;
  let running: Promise<PbxAudit> | undefined;

  const begin = async (): Promise<PbxAudit> => {
    try {
      const result = await untilEnd(
        audit({
          ...options,
          source: source.source,
          compare: (next) => {
            comparison = next;
            options.askForList(next);
          },
          inTurn: (task) => queue.push([{ kind: 'turn', task }]),
        }),
      );
      count(counters, result);
      options.audited?.(result);
      return result;
    } catch (error) {
      counters.audits.failed++;
      throw error;
    } finally {
      comparison = undefined;
      running = undefined;
    }
  };

  return {
    /** Who asks while one is under way gets that one's result. Rejects when the connection ends. */
    audit: (): Promise<PbxAudit> => {
      running ??= begin();
      return running;
    },
    /** What the audit under way has to hear of. */
    get comparison() {
      return comparison;
    },
  };
};

const count = ({ audits }: IngestCounters, { at, agreed, ours, missing, asterisks }: PbxAudit): void => {
  audits.done++;
  audits.last = { at, agreed, ours: ours.length, missing: missing.length, asterisks: asterisks.length };
};
