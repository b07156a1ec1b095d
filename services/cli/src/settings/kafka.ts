import { z } from 'zod';

const FORM = /^kafka:\/\/([^\s/@?#]+)\/?$/;

/** `kafka://host:9092,host2:9092`: becomes the brokers' addresses. Login and TLS come with the engines. */
export const kafkaSchema = z.string().transform((text, context): string[] => {
  const brokers = FORM.exec(text.trim())?.[1]?.split(',');
  if (brokers?.every((address) => /^[^:]+:\d{1,5}$/.test(address))) return brokers;
  context.addIssue('is not kafka://HOST:PORT, with more brokers after commas');
  return z.NEVER;
});
