import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import type { Listing } from './listed.ts';
import type { ApiOptions } from './options.ts';

const querySchema = z.strictObject({
  pbx: z.string().max(64).optional(),
  at: z.string().max(60).optional(),
});

/** `?pbx=` and `?at=`, and the list that they ask for. */
export const asked = async (
  query: unknown,
  options: Pick<ApiOptions, 'cache' | 'at' | 'clock' | 'staleAfter'>,
): Promise<{ listing: Listing; pbx: string | undefined }> => {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.');
    throw new RollcallError('QUERY_WRONG', `Query parameter ${field}: ${issue?.message}.`, 'Known are pbx and at.');
  }
  const { pbx, at } = parsed.data;
  const { staleAfter, clock } = options;
  if (at === undefined) return { listing: { cache: options.cache, now: clock.now(), staleAfter }, pbx };
  return { listing: { ...(await options.at(at)), staleAfter }, pbx };
};
