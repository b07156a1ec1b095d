import type { Message } from 'kafkajs';
import type { RawRecord } from '../read-record.ts';

/** A message as a reader gets it back. */
export const asFetched = ({ key, value, headers }: Message, offset = 0): RawRecord => ({
  offset,
  timestamp: 0,
  key: bytes(key ?? null),
  value: bytes(value),
  headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(String(text))])),
});

const bytes = (content: Buffer | string | null): Buffer | null => (content === null ? null : Buffer.from(content));
