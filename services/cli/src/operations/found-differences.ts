import type { Difference } from '@rollcall/state-cache';
import { z } from 'zod';

/** A job remembers so many differences; all of them are counted. */
export const SHOWN = 1_000;

export const foundDifferencesSchema = z.object({
  count: z.int(),
  /** The first of them. */
  shown: z.array(
    z.object({ stream: z.string(), what: z.enum(['missing', 'extra', 'differs']), fields: z.array(z.string()) }),
  ),
});

export type FoundDifferences = z.output<typeof foundDifferencesSchema>;

export const foundDifferences = (found: readonly Difference[], most = SHOWN): FoundDifferences => ({
  count: found.length,
  shown: found.slice(0, most),
});

/** A difference as a line, by channel and field; not yet safe for a terminal. */
export const differenceText = ({ stream, what, fields }: FoundDifferences['shown'][number]): string =>
  `  ${stream} ${what} ${fields.join(', ')}`.trimEnd();
