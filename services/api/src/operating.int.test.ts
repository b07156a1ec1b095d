import { connect } from 'node:net';
import { systemWorld } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createJobs, type Job, type JobControl, type Jobs, operation } from './operations.ts';
import { cacheOf, serve } from './testing/served.ts';

const TOKEN = 'f'.repeat(64);
const AUTHORISED = { authorization: `Bearer ${TOKEN}` };

/** An operation that does what the test says, when the test says it. */
const heldOperation = (name: string, changes: boolean) => {
  const began: (JobControl & { done: (result: unknown) => void; fail: (error: unknown) => void; body: unknown })[] = [];
  return {
    began,
    operation: operation({
      name,
      changes,
      body: z.strictObject({ full: z.boolean().default(false) }),
      run: (body, job) =>
        new Promise((resolve, reject) => {
          began.push({ ...job, body, done: resolve, fail: reject });
          job.signal.addEventListener('abort', () =>
            reject(new RollcallError('REBUILD_STOPPED', 'Stopped at 7.', 'Run it again.')),
          );
        }),
    }),
  };
};

let fold: ReturnType<typeof heldOperation>;
let look: ReturnType<typeof heldOperation>;
let jobs: Jobs;
let defects: unknown[];
let api: Awaited<ReturnType<typeof serve>>;
beforeEach(async () => {
  fold = heldOperation('fold', true);
  look = heldOperation('look', false);
  defects = [];
  const operations = [fold.operation, heldOperation('cut', true).operation, look.operation];
  jobs = createJobs({ operations, world: systemWorld, defect: (error) => defects.push(error) });
  api = await serve({ cache: cacheOf([], []), operating: { token: TOKEN, jobs, log: 'log-1' } });
});
afterEach(async () => {
  await jobs.close();
  await api.close();
});

const ask = (path: string, init: RequestInit = {}) =>
  api.ask(path, { ...init, headers: { ...AUTHORISED, ...init.headers } });
const begin = async (name: string, body?: unknown) => {
  const answer = await ask(`/v1/operations/${name}`, {
    method: 'POST',
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { ...answer, job: answer.body as Job };
};
const jobNow = async (id: string) => (await ask(`/v1/jobs/${id}`)).body as Job;

describe('an operation', () => {
  test('begins as a job, tells how far it is, and ends with its result', async () => {
    const { status, job, headers } = await begin('fold', { full: true });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ operation: 'fold', body: { full: true }, state: 'running' });
    expect(Math.abs(job.started - Date.now())).toBeLessThan(60_000);
    fold.began[0]?.progress({ phase: 'reading', position: 5, target: 10, events: 5 });
    expect((await jobNow(job.id)).progress).toMatchObject({ phase: 'reading', position: 5, target: 10, events: 5 });
    fold.began[0]?.done({ found: 3 });
    await vi.waitFor(async () => expect((await jobNow(job.id)).state).toBe('done'));
    expect(await jobNow(job.id)).toMatchObject({ state: 'done', result: { found: 3 }, ended: expect.any(Number) });
  });
  test('without a body has what it has by default', async () => {
    await begin('fold');
    expect(fold.began[0]?.body).toEqual({ full: false });
  });
  test('that fails says why', async () => {
    const { job } = await begin('fold');
    fold.began[0]?.fail(new RollcallError('LOG_DAMAGED', 'The log is damaged.', 'Restore it.'));
    await vi.waitFor(async () => expect((await jobNow(job.id)).state).toBe('failed'));
    expect((await jobNow(job.id)).error).toEqual({
      code: 'LOG_DAMAGED',
      message: 'The log is damaged.',
      advice: 'Restore it.',
    });
  });
  test('that fails by a defect tells nothing of the inside, and the defect is reported', async () => {
    const { job } = await begin('fold');
    fold.began[0]?.fail(new TypeError('secret internals'));
    await vi.waitFor(async () => expect((await jobNow(job.id)).state).toBe('failed'));
    expect((await jobNow(job.id)).error).toMatchObject({ code: 'DEFECT' });
    expect(JSON.stringify(await jobNow(job.id))).not.toContain('internals');
    expect(defects).toHaveLength(1);
  });
  test('is stopped, and says where', async () => {
    const { job } = await begin('fold');
    expect((await ask(`/v1/jobs/${job.id}`, { method: 'DELETE' })).status).toBe(202);
    await vi.waitFor(async () => expect((await jobNow(job.id)).state).toBe('stopped'));
    expect((await jobNow(job.id)).error).toMatchObject({ code: 'REBUILD_STOPPED', message: 'Stopped at 7.' });
    const again = await ask(`/v1/jobs/${job.id}`, { method: 'DELETE' });
    expect(again).toMatchObject({ status: 200, body: { state: 'stopped' } });
  });
  test('that changes something waits for no other that does: 409 with the job that is in the way', async () => {
    const { job } = await begin('fold');
    for (const name of ['fold', 'cut']) {
      expect(await begin(name)).toMatchObject({
        status: 409,
        body: { code: 'JOB_IN_THE_WAY', message: expect.stringContaining(job.id), job: { id: job.id } },
      });
    }
    expect((await begin('look')).status).toBe(202);
    fold.began[0]?.done(1);
    await vi.waitFor(async () => expect((await begin('cut')).status).toBe(202));
  });
  test('is refused when too many run, and when Rollcall is about to end', async () => {
    for (let n = 0; n < 8; n++) expect((await begin('look')).status).toBe(202);
    expect(await begin('look')).toMatchObject({ status: 503, body: { code: 'JOBS_TOO_MANY' } });
    await jobs.close();
    expect(jobs.all().map(({ state }) => state)).toEqual(Array(8).fill('stopped'));
    expect(await begin('look')).toMatchObject({ status: 503, body: { code: 'STOPPING' } });
  });
  test('is remembered, the newest first, a hundred of them', async () => {
    for (let n = 0; n < 120; n++) {
      const { job } = await begin('look');
      const over = new Promise((resolve) => {
        jobs.watch(job.id, ({ state }) => state === 'done' && resolve(state));
      });
      look.began[n]?.done('x'.repeat(100));
      await over;
    }
    const { body } = await ask('/v1/jobs');
    const { jobs: listed } = body as { jobs: Job[] };
    expect(listed).toHaveLength(100);
    expect(listed.map(({ id }) => id)).toEqual(jobs.all().map(({ id }) => id));
    expect(listed[0]).not.toHaveProperty('result');
  });
});

describe('who shows no token, or another', () => {
  test.each([
    ['none', {}],
    ['another', { authorization: `Bearer ${'e'.repeat(64)}` }],
    ['half of it', { authorization: `Bearer ${TOKEN.slice(1)}` }],
    ['more than it', { authorization: `Bearer ${TOKEN}f` }],
    ['a password', { authorization: `Basic ${TOKEN}` }],
    ['it in the url', {}],
  ])('%s: 401 on every operating route, and nothing begins', async (how, headers) => {
    const query = how === 'it in the url' ? `?token=${TOKEN}` : '';
    const asked: [string, string][] = [
      ['POST', '/v1/operations/fold'],
      ['POST', '/v1/operations/nothing'],
      ['GET', '/v1/jobs'],
      ['GET', '/v1/jobs/x'],
      ['DELETE', '/v1/jobs/x'],
      ['GET', '/v1/jobs/x/progress'],
      ['GET', '/v1/operations/fold'],
      ['PUT', '/v1/jobs/x'],
    ];
    for (const [method, path] of asked) {
      const { status, body, headers: answered } = await api.ask(`${path}${query}`, { method, headers });
      expect({ method, path, status, body }).toMatchObject({ status: 401, body: { code: 'NOT_LOGGED_IN' } });
      expect(JSON.stringify(body)).not.toContain(TOKEN.slice(0, 20));
      expect(answered.get('www-authenticate')).toBe('Bearer');
    }
    expect(fold.began).toEqual([]);
  });
  test('a token is as good however the scheme is written, and reading needs none', async () => {
    expect((await api.ask('/v1/jobs', { headers: { authorization: `bearer  ${TOKEN}` } })).status).toBe(200);
    expect((await api.ask('/v1/channels')).status).toBe(200);
  });
  test('where operating is not served there is nothing', async () => {
    const closed = await serve({ cache: cacheOf([], []) });
    expect((await closed.ask('/v1/jobs', { headers: AUTHORISED })).status).toBe(404);
    expect((await closed.ask('/v1/operations/fold', { method: 'POST', headers: AUTHORISED })).status).toBe(404);
    await closed.close();
  });
});

describe('what is asked wrongly', () => {
  const json = { 'content-type': 'application/json' };
  test.each<[string, RequestInit, number]>([
    ['a body that is not JSON', { body: '{"full":', headers: json }, 400],
    ['an empty body that says it is JSON', { body: '', headers: json }, 400],
    ['a field of another type', { body: '{"full":"yes"}', headers: json }, 400],
    ['a field that is not known', { body: '{"ful":true}', headers: json }, 400],
    ['an array', { body: '[]', headers: json }, 400],
    ['text', { body: 'full', headers: { 'content-type': 'text/plain' } }, 400],
    ['XML', { body: '<full/>', headers: { 'content-type': 'text/xml' } }, 415],
    ['a body that is too long', { body: `"${'x'.repeat(70_000)}"`, headers: json }, 413],
  ])('%s', async (_, init, expected) => {
    const { status, body } = await ask('/v1/operations/fold', { method: 'POST', ...init });
    expect({ status, body }).toMatchObject({
      status: expected,
      body: { code: 'BODY_WRONG', message: expect.any(String), advice: expect.any(String) },
    });
    expect(fold.began).toEqual([]);
  });
  test('an operation or a job that there is not', async () => {
    expect(await begin('constructor')).toMatchObject({
      status: 404,
      body: { code: 'OPERATION_UNKNOWN', advice: 'Known are: fold, cut, look.' },
    });
    for (const path of ['/v1/jobs/x', '/v1/jobs/__proto__', '/v1/jobs/x/progress']) {
      expect(await ask(path)).toMatchObject({ status: 404, body: { code: 'JOB_UNKNOWN' } });
    }
    expect(await ask('/v1/jobs/x', { method: 'DELETE' })).toMatchObject({ status: 404 });
  });
  test.each([
    ['GET', '/v1/operations/fold', 'POST'],
    ['DELETE', '/v1/operations/fold', 'POST'],
    ['POST', '/v1/jobs', 'GET, HEAD'],
    ['PUT', '/v1/jobs/x', 'GET, HEAD, DELETE'],
    ['POST', '/v1/jobs/x/progress', 'GET'],
  ])('%s %s is a 405 that says what there is', async (method, path, allow) => {
    const { status, headers } = await ask(path, { method });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow });
  });
});

describe('progress', () => {
  const stream = async (id: string) => {
    const response = await fetch(`${api.url}/v1/jobs/${id}/progress`, { headers: AUTHORISED });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    return response;
  };
  const LONG = 'x'.repeat(50_000);
  const linesOf = (text: string): Job[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('is a line for the job as it is, one for each report, and one for its end', async () => {
    const { job } = await begin('fold');
    const response = await stream(job.id);
    fold.began[0]?.progress({ phase: 'reading', position: 1, target: 2, events: 1 });
    fold.began[0]?.progress({ phase: 'reading', position: 2, target: 2, events: 2 });
    fold.began[0]?.progress({ phase: 'swapping', position: 2, target: 2, events: 2 });
    fold.began[0]?.done('well');
    const lines = linesOf(await response.text());
    expect(lines.map(({ state, progress }) => [state, progress?.phase])).toEqual([
      ['running', undefined],
      ['running', 'reading'],
      ['running', 'swapping'],
      ['done', 'swapping'],
    ]);
    expect(lines.at(-1)?.result).toBe('well');
  });
  test('of a job that is over is its end', async () => {
    const { job } = await begin('fold');
    fold.began[0]?.done(1);
    await vi.waitFor(async () => expect((await jobNow(job.id)).state).toBe('done'));
    expect(linesOf(await (await stream(job.id)).text())).toMatchObject([{ state: 'done', result: 1 }]);
  });
  test('waits for nobody: a reader that does not read is dropped, another one reads on', async () => {
    const { job } = await begin('fold');
    const slow = connect(Number(new URL(api.url).port), '127.0.0.1');
    slow.pause();
    slow.write(`GET /v1/jobs/${job.id}/progress HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
    const closed = new Promise((resolve) => slow.once('close', resolve));
    // Each phase is a report, once the quick one has read the one before; together more than the sockets of a system take in.
    let reports = 0;
    const next = (): void => {
      if (reports++ === 400) fold.began[0]?.done('well');
      else fold.began[0]?.progress({ phase: `${reports} ${LONG}`, position: reports, target: 400, events: reports });
    };
    let last = '';
    const decoder = new TextDecoder();
    for await (const chunk of (await stream(job.id)).body ?? []) {
      last += decoder.decode(chunk, { stream: true });
      if (!last.endsWith('\n')) continue;
      if (!last.includes('"state":"running"')) break;
      last = '';
      next();
    }
    expect(JSON.parse(last)).toMatchObject({ state: 'done' });
    let received = '';
    slow.on('data', (data) => {
      received += data;
    });
    slow.resume();
    await closed;
    expect(received).toContain('HTTP/1.1 200');
    expect(received).not.toContain('"state":"done"');
  });
  test('keeps nobody from ending', async () => {
    const { job } = await begin('fold');
    const response = await stream(job.id);
    await jobs.close();
    await api.close();
    await response.text().catch(() => {});
    expect(jobs.get(job.id).state).toBe('stopped');
  });
});
