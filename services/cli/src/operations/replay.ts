import { operation } from '@rollcall/api/operations';
import { z } from 'zod';
import { foundDifferences, foundDifferencesSchema } from './found-differences.ts';
import type { Operated } from './operated.ts';

const replayBody = z
  .strictObject({
    /** Read every event, not only the streams that are open. */
    full: z.boolean().default(false),
    /** Begin anew although an interrupted full one could go on. */
    fresh: z.boolean().default(false),
    /** Return to the generation before. */
    back: z.boolean().default(false),
    /** Let go of the generation before. */
    discard: z.boolean().default(false),
  })
  .refine(({ full, fresh, back, discard }) => !(back && discard) && !((back || discard) && (full || fresh)), {
    error: 'back and discard go with nothing else',
  });

/** What the topic had otherwise than the list; absent where nothing is published, or where Kafka did not answer in time. */
const published = z.object({ snapshots: z.int(), tombstones: z.int() }).optional();

/** What could not be kept for later. */
const warnings = z.array(z.string());

export const replayResult = z.discriminatedUnion('did', [
  z.object({
    did: z.literal('rebuilt'),
    /** Where the new generation took over. */
    position: z.int(),
    channels: z.int(),
    events: z.int(),
    /** Position from which an interrupted one went on. */
    resumedFrom: z.int().optional(),
    repaired: foundDifferencesSchema,
    published,
    warnings,
  }),
  z.object({
    did: z.literal('returned'),
    position: z.int(),
    channels: z.int(),
    changed: foundDifferencesSchema,
    published,
    warnings,
  }),
  z.object({ did: z.literal('discarded'), discarded: z.boolean() }),
]);

/** A replay is done, and says so, also while Kafka is away. */
const PUBLISH_MS = 10_000;

export type ReplayResult = z.output<typeof replayResult>;

/** Folds the log into a new generation of the list, or goes back to the one before it. */
export const replayOperation = ({ projection: { generations }, publisher, world }: Operated) => {
  /** The topic is compared with the new list, whole; it goes on by itself where this does not wait for it. */
  const publish = async (): Promise<z.output<typeof published>> => {
    if (!publisher) return undefined;
    const nothing = (): undefined => undefined;
    return Promise.race([publisher.reconcile().catch(nothing), world.scheduler.sleep(PUBLISH_MS).then(nothing)]);
  };
  return operation({
    name: 'replay',
    body: replayBody,
    changes: true,
    run: async ({ full, fresh, back, discard }, { signal, progress }): Promise<ReplayResult> => {
      if (discard) return { did: 'discarded', discarded: await generations.discard() };
      if (back) {
        const { changed, ...at } = await generations.back();
        return { did: 'returned', ...at, changed: foundDifferences(changed), published: await publish() };
      }
      const { repaired, ...rebuilt } = await generations.rebuild({ full: full || fresh, fresh, signal, progress });
      return { did: 'rebuilt', ...rebuilt, repaired: foundDifferences(repaired), published: await publish() };
    },
  });
};
