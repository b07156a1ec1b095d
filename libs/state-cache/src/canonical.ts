import { createHash } from 'node:crypto';
import { channelStream } from '@rollcall/channel';
import type { CacheReader } from './state-cache.ts';

/**
 * The cache as lines of JSON in one fixed order: PBXs by name, then channels and what is set aside by stream. Two caches are
 * equal exactly when these lines are equal, byte for byte.
 */
export function* canonicalLines(cache: CacheReader): Generator<string> {
  const pbxs = [...cache.pbxs()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const pbx of pbxs) yield JSON.stringify({ pbx });
  const streams = [...cache.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, channel] of streams) yield JSON.stringify({ channel });
  const quarantine = [...cache.quarantine()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
  for (const quarantined of quarantine) yield JSON.stringify({ quarantined });
}

/** SHA-256 of the canonical lines and the checkpoint, in hex. */
export const digest = (cache: CacheReader): string => {
  const hash = createHash('sha256');
  for (const line of canonicalLines(cache)) hash.update(line).update('\n');
  return hash.update(String(cache.checkpoint)).digest('hex');
};

export type Difference = { stream: string; what: 'missing' | 'extra' | 'differs'; fields: string[] };

/** What `actual` has otherwise than `expected`, the index by name included. Empty when they are equal. */
export const differences = (expected: CacheReader, actual: CacheReader): Difference[] => {
  const found: Difference[] = [];
  for (const [stream, channel] of expected.entries()) {
    const other = actual.get(stream);
    if (!other) found.push({ stream, what: 'missing', fields: [] });
    else {
      const fields = differentFields(channel, other);
      if (fields.length) found.push({ stream, what: 'differs', fields });
      else if (!actual.byName(channel.pbx, channel.name).includes(other)) {
        found.push({ stream, what: 'differs', fields: ['(name index)'] });
      }
    }
  }
  for (const [stream, channel] of actual.entries()) {
    if (!expected.get(stream)) found.push({ stream, what: 'extra', fields: [] });
    else if (stream !== channelStream(channel.pbx, channel.boot, channel.uniqueid)) {
      found.push({ stream, what: 'differs', fields: ['(id index)'] });
    }
  }
  for (const pbx of expected.pbxs()) {
    const other = actual.pbx(pbx.name);
    const fields = other ? differentFields(pbx, other) : [];
    if (!other || fields.length) found.push({ stream: `pbx/${pbx.name}`, what: other ? 'differs' : 'missing', fields });
  }
  for (const pbx of actual.pbxs()) {
    if (!expected.pbx(pbx.name)) found.push({ stream: `pbx/${pbx.name}`, what: 'extra', fields: [] });
  }
  for (const set of expected.quarantine()) {
    const fields = differentFields(set, actual.quarantined(set.stream) ?? {});
    if (fields.length) found.push({ stream: set.stream, what: 'differs', fields: ['(quarantine)'] });
  }
  for (const { stream } of actual.quarantine()) {
    if (!expected.quarantined(stream)) found.push({ stream, what: 'differs', fields: ['(quarantine)'] });
  }
  if (expected.checkpoint !== actual.checkpoint) {
    found.push({ stream: '(checkpoint)', what: 'differs', fields: [`${expected.checkpoint} / ${actual.checkpoint}`] });
  }
  return found;
};

const differentFields = (a: object, b: object): string[] => {
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (field) => JSON.stringify(left.get(field)) !== JSON.stringify(right.get(field)),
  );
};
