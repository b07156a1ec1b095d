import type { Difference } from '@rollcall/state-cache';
import { z } from 'zod';

/** A job remembers so many differences; all of them are counted. */
const SHOWN = 1_000;

export const foundDifferencesSchema = z.object({
  count: z.int(),
  /** The first of them. */
  shown: z.array(
    z.object({ stream: z.string(), what: z.enum(['missing', 'extra', 'differs']), fields: z.array(z.string()) }),
  ),
});

export type FoundDifferences = z.output<typeof foundDifferencesSchema>;

export const foundDifferences = (found: readonly Difference[]): FoundDifferences => ({
  count: found.length,
  shown: found.slice(0, SHOWN),
});
