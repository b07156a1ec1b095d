import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';

/** Some of these names, separated by commas. */
export const namesOf = (names: readonly string[]) =>
  z
    .string()
    .max(2000)
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(
      z.array(
        z.enum(names, {
          error: ({ input }) => `there is no ${String(input).slice(0, 60)}; there are ${names.join(', ')}`,
        }),
      ),
    );

/** Values separated by commas, each of so many characters at most. */
export const listOf = (longest: number) =>
  z
    .string()
    .max(20 * longest)
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.string().min(1).max(longest)));

/**
 * What a request asks; the login that may stand beside it (`api_key`) has been looked at.
 * @throws RollcallError QUERY_WRONG naming the parameter
 */
export const checked = <Schema extends z.ZodObject>(schema: Schema, query: unknown): z.output<Schema> => {
  const { api_key: _, ...asked } = Object(query) as Record<string, unknown>;
  const parsed = schema.safeParse(asked);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : String(issue?.path[0] ?? '');
  throw new RollcallError(
    'QUERY_WRONG',
    `Query parameter ${field}: ${issue?.message}.`,
    `Known are ${Object.keys(schema.shape).join(', ')}.`,
  );
};
