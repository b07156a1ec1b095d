import { z } from 'zod';

const FORM = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)$/i;
const BYTES = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };

/** Of a number without its unit too, so that what is to be written stands there. */
export const NO_SIZE = 'is not a size: write 500MB, 2GB or 1TB';

/** `500MB`, `2GB`: becomes bytes. */
export const sizeSchema = z.string(NO_SIZE).transform((text, context) => {
  const form = FORM.exec(text.trim());
  const unit = form?.[2]?.toLowerCase();
  if (form && unit) return Number(form[1]) * BYTES[unit as keyof typeof BYTES];
  context.addIssue(NO_SIZE);
  return z.NEVER;
});
