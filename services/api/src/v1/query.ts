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
          error: ({ input }) => `there is no ${shown(input)}; there are ${names.join(', ')}`,
        }),
      ),
    );

/** As it was written; nothing at all would be a gap in the sentence. */
const shown = (input: unknown): string => String(input).slice(0, 60) || '""';

/** Values separated by commas, each of so many characters at most. */
export const listOf = (longest: number) =>
  z
    .string()
    .max(20 * longest)
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.string().min(1, 'between commas stands a value, and here is none').max(longest)));

const NUMERAL = /^-?\d{1,15}(\.\d{1,9})?$/;

/** A number as people write one: nothing at all is none, nor is 0x10, both of which JavaScript would take. */
export const numeral = <Schema extends z.ZodNumber>(schema: Schema) =>
  z.preprocess(
    (given) => (typeof given === 'string' ? (NUMERAL.test(given) ? Number(given) : Number.NaN) : given),
    schema,
  );

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
  const known = Object.keys(schema.shape).join(', ');
  throw new RollcallError(
    'QUERY_WRONG',
    `Query parameter ${field}: ${whatIsWrong(issue, asked[field])}.`,
    known ? `Known are ${known}.` : 'There are no parameters here.',
  );
};

/** Zod says what it received after it was made a number, which nobody wrote. */
const whatIsWrong = (issue: z.core.$ZodIssue | undefined, given: unknown): string | undefined => {
  if (issue?.code !== 'invalid_type') return issue?.message;
  if (Array.isArray(given)) return 'it is given more than once';
  if (issue.expected === 'number') return 'it is no number';
  if (issue.expected === 'int') return 'it is no whole number';
  return issue.message;
};
