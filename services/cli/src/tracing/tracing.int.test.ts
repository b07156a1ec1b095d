import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AsteriskSource } from '@rollcall/asterisk';
import {
  type NewEvent,
  type Observation,
  position,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
} from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import { afterEach, expect, test } from 'vitest';
import { startTracing } from './start.ts';

const ID = '0f5e3a52-9d0b-4c53-8a41-7c1f0e6f9a10';
const TRACE = ID.replaceAll('-', '');
const STREAM = 'channel/pbx-a/1/1.1';
const EVENT: NewEvent = {
  ...{ id: ID, time: 1, pbx: 'pbx-a', boot: 1, source: 'ami', schema: SCHEMA_VERSION },
  ...{ type: 'ChannelHeld', data: {} },
};
const RECORDED: RecordedEvent = { ...EVENT, stream: STREAM, revision: revision(0), position: position(1), recorded: 1 };

type Asked = { append: Parameters<EventLog['append']>; subscribe: Parameters<EventLog['subscribe']> };
type Sent = {
  service: unknown;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
};

let collector: Server | undefined;
afterEach(() => {
  collector?.closeAllConnections();
  collector?.close();
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
});

/** Takes what is sent by OTLP. */
const collect = async (): Promise<Sent[]> => {
  const sent: Sent[] = [];
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      type Spans = { resource: { attributes: unknown }; scopeSpans: { spans: Sent[] }[] };
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: Spans[] };
      for (const { resource, scopeSpans } of resourceSpans) {
        const spans = scopeSpans.flatMap((scope) => scope.spans);
        sent.push(...spans.map((span) => ({ ...span, service: resource.attributes })));
      }
      response.end('{}');
    });
  });
  const server = collector;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return sent;
};

test('an event is one trace, from the bytes of its PBX to the list, although nothing but its id goes with it', async () => {
  const sent = await collect();
  const tracing = await startTracing(process.env, systemWorld);
  const reader = await startTracing({ ...process.env, OTEL_SERVICE_NAME: 'reader' }, systemWorld); // As in another process.
  if (!tracing || !reader) throw new Error('It is off.');

  let bytes: (batch: Observation[]) => void = () => {};
  const source: Partial<AsteriskSource> = {
    connect: async ({ observe }) => {
      bytes = observe;
      return undefined as never;
    },
  };
  const observed: Observation[][] = [];
  const { connect } = tracing.source('pbx-a', source as AsteriskSource);
  await connect({ observe: (batch) => observed.push(batch), signal: AbortSignal.abort() });
  const said = { kind: 'held', uniqueid: '1.1', facts: {}, source: 'ami' } as unknown as Observation;
  bytes([said]);
  expect(observed).toEqual([[said]]);

  const appended = { revision: 0 };
  const log = tracing.appends({ append: async (..._asked: Asked['append']) => appended });
  expect(await log.append(STREAM, 'none', [EVENT])).toBe(appended);
  const reads = reader.reads({
    subscribe: async function* (..._asked: Asked['subscribe']) {
      yield [RECORDED];
    },
  });
  for await (const batch of reads.subscribe(position(0), AbortSignal.abort())) expect(batch).toEqual([RECORDED]);
  await tracing.close();
  await reader.close();

  const byName = Object.fromEntries(sent.map((span) => [span.name, span]));
  expect(Object.keys(byName).toSorted()).toEqual(['append', 'event', 'list']);
  const { event, append, list } = byName;
  const named = (stringValue: string) => [{ key: 'service.name', value: { stringValue } }];
  expect([event?.service, list?.service]).toEqual([named('rollcall'), named('reader')]);
  expect([event?.traceId, append?.traceId, list?.traceId]).toEqual([TRACE, TRACE, TRACE]);
  expect(event?.parentSpanId ?? '').toBe('');
  expect([append?.parentSpanId, list?.parentSpanId]).toEqual([event?.spanId, event?.spanId]);
  expect(BigInt(event?.startTimeUnixNano ?? 0) <= BigInt(append?.startTimeUnixNano ?? 0)).toBe(true);
});

test('what the log refuses is told as such, and thrown on', async () => {
  const sent = await collect();
  const tracing = await startTracing(process.env, systemWorld);
  const refusal = new Error('no room');
  const log = tracing?.appends({ append: (..._asked: Asked['append']) => Promise.reject(refusal) });
  await expect(log?.append(STREAM, 'none', [EVENT])).rejects.toBe(refusal);
  await tracing?.close();
  expect(JSON.stringify(sent.find(({ name }) => name === 'event'))).toContain('no room');
});

test('without an address for traces there is nothing', async () => {
  expect(await startTracing({}, systemWorld)).toBeUndefined();
});
