import { channelIsStale } from '@rollcall/channel';
import { expect, test } from 'vitest';
import { channelOf, pbxOf } from './testing/a-list.ts';
import { openChannelView } from './view.ts';
import { viewCache } from './view-cache.ts';

test.each([
  ['of one publisher are compared', { whole: 9 }, false],
  ['of several partitions are not: all is stale until the PBX has confirmed it', { part: 9 }, true],
])('positions %s', (_what, { whole, part }: { whole?: number; part?: number }, expected) => {
  const view = openChannelView({ brokers: ['127.0.0.1:1'] });
  const pbx = JSON.parse(JSON.stringify({ ...pbxOf('pbx-a'), staleBefore: 5 }));
  const cache = viewCache({
    ...view,
    pbx: () => pbx,
    checkpoint: (partition?: number) => (partition === undefined ? whole : part),
  });
  expect(channelIsStale(channelOf('1', { position: 7 }), cache.pbx('pbx-a'))).toBe(expected);
  return view.close();
});
