import { z } from 'zod';

const FORM = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)$/i;
const BYTES = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };

/** `500MB`, `2GB`: becomes bytes. */
export const sizeSchema = z.string().transform((text, context) => {
  const form = FORM.exec(text.trim());
  const unit = form?.[2]?.toLowerCase();
  if (form && unit) return Number(form[1]) * BYTES[unit as keyof typeof BYTES];
  context.addIssue('is not a size: write 500MB, 2GB or 1TB');
  return z.NEVER;
});
