import { z } from 'zod';

const FORM = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Of a number without its unit too, so that what is to be written stands there. */
export const NO_DURATION = 'is not a duration: write 500ms, 90s, 15m, 2h or 1d';

/** `15m`, `90s`, `500ms`: becomes milliseconds. */
export const durationSchema = z.string(NO_DURATION).transform((text, context) => {
  const form = FORM.exec(text.trim());
  if (form) return Number(form[1]) * UNIT_MS[form[2] as keyof typeof UNIT_MS];
  context.addIssue(NO_DURATION);
  return z.NEVER;
});
