import { position } from '@rollcall/channel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheOf, channelOf, pbxNamed, serve } from '../testing/served.ts';
import { channelsModel, oneChannelModel, problemModel } from './models.ts';

const cache = cacheOf(
  [pbxNamed('well'), pbxNamed('lost', { connected: false, staleBefore: position(9) })],
  [channelOf('well', '1.1'), channelOf('lost', '2.1')],
);

let marking: Awaited<ReturnType<typeof serve>>;
let refusing: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  marking = await serve({ cache });
  refusing = await serve({ cache, staleAnswers: 'refuse' });
});
afterAll(() => Promise.all([marking.close(), refusing.close()]));

describe('a lost PBX', () => {
  test('is named with every answer that it has part in', async () => {
    for (const path of ['/v1/channels', '/v1/channels/lost/2.1', '/v1/counts?by=state', '/v1/channels?stale=no']) {
      const { status, headers } = await marking.ask(path);
      expect([path, status, headers.get('x-rollcall-stale')]).toEqual([path, 200, 'lost']);
    }
    for (const path of ['/v1/channels?pbx=well', '/v1/channels/well/1.1', '/v1/counts?by=state&pbx=well']) {
      expect((await marking.ask(path)).headers.has('x-rollcall-stale'), path).toBe(false);
    }
  });

  test('has its channels marked, in a list, where fields are chosen, and each by itself', async () => {
    const { channels } = channelsModel.parse((await marking.ask('/v1/channels')).body);
    expect(channels.map(({ uniqueid, stale }) => [uniqueid, stale])).toEqual([
      ['1.1', undefined],
      ['2.1', true],
    ]);
    const { body } = await marking.ask('/v1/channels?fields=uniqueid,stale');
    expect(body).toMatchObject({ channels: [{ uniqueid: '1.1' }, { uniqueid: '2.1', stale: true }] });
    const one = oneChannelModel.parse((await marking.ask('/v1/channels/lost/2.1')).body);
    expect(one.channel.stale).toBe(true);
  });

  test('makes its answers errors where the settings say so, and no others', async () => {
    for (const path of ['/v1/channels', '/v1/channels?pbx=lost', '/v1/channels/lost/2.1', '/v1/counts?by=state']) {
      const { status, body } = await refusing.ask(path);
      expect([path, status, problemModel.parse(body).code]).toEqual([path, 503, 'PBX_STALE']);
    }
    const answered = ['/v1/channels?pbx=well', '/v1/channels/well/1.1', '/v1/pbxs', '/v1/channels?stale=yes'];
    for (const path of answered) expect((await refusing.ask(path)).status, path).toBe(200);
  });
});
