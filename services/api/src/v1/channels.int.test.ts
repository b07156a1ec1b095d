import { RollcallError } from '@rollcall/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheOf, channelOf, pbxNamed, SINCE, serve } from '../testing/served.ts';

const now = cacheOf([pbxNamed('pbx-a'), pbxNamed('pbx-b')], [channelOf('pbx-a', '1.1'), channelOf('pbx-b', '1.2')]);
const then = cacheOf([pbxNamed('pbx-a')], [channelOf('pbx-a', '0.1')]);

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({
    cache: now,
    at: async (moment) => {
      if (moment === 'nonsense') throw new RollcallError('AT_UNCLEAR', '--at "nonsense" is unclear.', 'Give a time.');
      if (moment === '99') throw new RollcallError('AT_BEYOND_LOG', 'Position 99 is beyond.', 'Give a smaller one.');
      if (moment === '1') throw new RollcallError('LOG_DAMAGED', 'The event log is damaged.', 'Restore it.');
      if (moment === '2') throw new TypeError('secret internals');
      return { cache: then, now: SINCE - 5 };
    },
  });
});
afterAll(() => api.close());

describe('/v1/channels', () => {
  test('gives position, time, PBXs and everything known of the channels', async () => {
    expect(await api.ask('/v1/channels')).toMatchObject({
      status: 200,
      body: {
        position: 7,
        now: SINCE + 60_000,
        pbxs: [{ name: 'pbx-a' }, { name: 'pbx-b' }],
        channels: [{ uniqueid: '1.1', pbx: 'pbx-a', revision: 0 }, { uniqueid: '1.2' }],
      },
    });
  });
  test('of one PBX, and of one that is not known', async () => {
    expect(await api.ask('/v1/channels?pbx=pbx-b')).toMatchObject({
      body: { pbxs: [{ name: 'pbx-b' }], channels: [{ uniqueid: '1.2' }] },
    });
    expect(await api.ask('/v1/channels?pbx=nobody')).toMatchObject({ status: 200, body: { pbxs: [], channels: [] } });
  });
  test('as it was', async () => {
    expect(await api.ask('/v1/channels?at=-10m')).toMatchObject({
      body: { now: SINCE - 5, channels: [{ uniqueid: '0.1' }] },
    });
  });
});

describe('a query that is wrong', () => {
  test.each([
    ['?colour=red', 'colour'],
    ['?pbx=a&pbx=b', 'pbx'],
    [`?pbx=${'x'.repeat(65)}`, 'pbx'],
    [`?at=${'1'.repeat(61)}`, 'at'],
  ])('%s is a 400 that names the parameter, on every list', async (query, parameter) => {
    for (const path of ['/v1/channels']) {
      const { status, body } = await api.ask(`${path}${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        code: 'QUERY_WRONG',
        message: expect.stringContaining(`Query parameter ${parameter}: `),
        advice: expect.stringContaining('Known are pbx, state'),
      });
    }
  });
  test.each([
    ['nonsense', 'AT_UNCLEAR'],
    ['99', 'AT_BEYOND_LOG'],
  ])('at=%s is a 400 with the code', async (at, code) => {
    expect(await api.ask(`/v1/channels?at=${at}`)).toMatchObject({ status: 400, body: { code } });
  });
});

describe('what is not the fault of who asks', () => {
  test('a log that cannot be read is a 503 that says so', async () => {
    expect(await api.ask('/v1/channels?at=1')).toMatchObject({
      status: 503,
      body: { code: 'LOG_DAMAGED', message: 'The event log is damaged.', advice: 'Restore it.' },
    });
  });
  test('a defect is a 500 that tells nothing of the inside', async () => {
    const { status, body } = await api.ask('/v1/channels?at=2');
    expect({ status, body }).toMatchObject({ status: 500, body: { message: 'Internal error' } });
    expect(JSON.stringify(body)).not.toContain('internals');
  });
});
