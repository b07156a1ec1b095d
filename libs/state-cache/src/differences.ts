import { channelStream } from '@rollcall/channel';
import { nameKey } from './name-index.ts';
import type { CacheReader } from './state-cache.ts';

export type Difference = { stream: string; what: 'missing' | 'extra' | 'differs'; fields: string[] };

/** What `actual` has otherwise than `expected`, its own indexes included. Empty when they are equal. */
export const differences = (expected: CacheReader, actual: CacheReader): Difference[] => [
  ...channelDifferences(expected, actual),
  ...pbxDifferences(expected, actual),
  ...quarantineDifferences(expected, actual),
  ...indexDifferences(actual),
  ...(expected.checkpoint === actual.checkpoint
    ? []
    : [differs('(checkpoint)', [`${expected.checkpoint} / ${actual.checkpoint}`])]),
];

const differs = (stream: string, fields: string[]): Difference => ({ stream, what: 'differs', fields });

function* channelDifferences(expected: CacheReader, actual: CacheReader): Generator<Difference> {
  for (const [stream, channel] of expected.entries()) {
    const other = actual.get(stream);
    const fields = other ? differentFields(channel, other) : [];
    if (!other) yield { stream, what: 'missing', fields };
    else if (fields.length) yield differs(stream, fields);
  }
  for (const [stream] of actual.entries()) if (!expected.get(stream)) yield { stream, what: 'extra', fields: [] };
}

function* pbxDifferences(expected: CacheReader, actual: CacheReader): Generator<Difference> {
  for (const pbx of expected.pbxs()) {
    const other = actual.pbx(pbx.name);
    const fields = other ? differentFields(pbx, other) : [];
    if (!other) yield { stream: `pbx/${pbx.name}`, what: 'missing', fields };
    else if (fields.length) yield differs(`pbx/${pbx.name}`, fields);
  }
  for (const { name } of actual.pbxs())
    if (!expected.pbx(name)) yield { stream: `pbx/${name}`, what: 'extra', fields: [] };
}

function* quarantineDifferences(expected: CacheReader, actual: CacheReader): Generator<Difference> {
  for (const set of expected.quarantine()) {
    if (differentFields(set, actual.quarantined(set.stream) ?? {}).length) yield differs(set.stream, ['(quarantine)']);
  }
  for (const { stream } of actual.quarantine()) {
    if (!expected.quarantined(stream)) yield differs(stream, ['(quarantine)']);
  }
}

/** Whether a cache's indexes agree with each other: every channel under its own id, and under its name once, and nothing else. */
export function* indexDifferences(cache: CacheReader): Generator<Difference> {
  let named = 0;
  for (const { key, stream } of cache.names()) {
    const channel = cache.get(stream);
    if (channel && key === nameKey(channel.pbx, channel.name)) named++;
    else yield differs(stream, ['(name index)']);
  }
  if (named !== cache.size) {
    for (const [stream, channel] of cache.entries()) {
      const times = cache.byName(channel.pbx, channel.name).filter((one) => one === channel).length;
      if (times !== 1) yield differs(stream, ['(name index)']);
    }
  }
  for (const [stream, { pbx, boot, uniqueid }] of cache.entries()) {
    if (stream !== channelStream(pbx, boot, uniqueid)) yield differs(stream, ['(id index)']);
  }
}

const differentFields = (a: object, b: object): string[] => {
  const left: Record<string, unknown> = { ...a };
  const right: Record<string, unknown> = { ...b };
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].filter((field) => !same(left[field], right[field]));
};

const same = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
