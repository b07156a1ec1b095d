import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { channelStream, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEventStoreLog } from '@rollcall/event-log/eventstore';
import { replayOpen } from '@rollcall/projector';
import { created, state } from '../contract/event-log.events.ts';
import { startNode } from './double/node.ts';
import type { Proposal, Store } from './double/store.ts';

// What the adapter and its client cost on this machine, with the double in another process: node test/eventstore/measure.ts [EVENTS]
const PREFIX = 'measure-';
const LIVE = 1_700;

const proposal = (type: string, data: unknown): Proposal => ({
  id: crypto.randomUUID(),
  type,
  contentType: 'application/json',
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.from(JSON.stringify({ time: 1_760_000_000_000, pbx: 'pbx-a', boot: 1, source: 'ami', schema: 1 })),
});

const streamOf = (call: number): string => channelStream('pbx-a', 1, `1760000000.${call}`);

/** Calls of eight events, as a PBX gives them; the last ones still go on. */
const fill = (store: Store, events: number): void => {
  const calls = events / 8;
  for (let call = 0; call < calls; call += 1) {
    const stream = PREFIX + streamOf(call);
    const name = `PJSIP/sipp-${call.toString(16).padStart(8, '0')}`;
    const facts = { callerNumber: '100', callerName: 'Alice', context: 'default', exten: '600', priority: 1 };
    store.append(stream, 'none', [proposal('ChannelCreated', { name, origin: 'created', state: 0, ...facts })]);
    store.append(stream, 0, [
      proposal('DialplanMoved', { application: 'Dial', applicationData: 'PJSIP/200' }),
      proposal('ChannelStateChanged', { state: 4 }),
      proposal('ConnectedLineChanged', { connectedNumber: '200', connectedName: 'Bob' }),
      proposal('ChannelStateChanged', { state: 6 }),
      proposal('BridgeEntered', { bridge: 'b-1' }),
    ]);
    if (call < calls - LIVE) {
      store.append(stream, 5, [proposal('HangupRequested', {}), proposal('ChannelDestroyed', { reason: 'hangup' })]);
    }
  }
};

const serve = async (events: number): Promise<void> => {
  const node = await startNode();
  process.on('message', () => {
    fill(node.store, events);
    process.send?.('filled');
  });
  process.send?.(node.port);
};

const measured = async (what: string, count: number, work: () => Promise<unknown>): Promise<void> => {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const [ms, used] = [performance.now() - wall, process.cpuUsage(cpu)];
  const own = (used.user + used.system) / 1_000;
  const each = count > 1 ? `, ${Math.round((1_000 * own) / count)} us of processor each` : '';
  console.log(`${what.padEnd(52)} ${Math.round(ms)} ms, of which the processor ${Math.round(own)} ms${each}`);
};

const drain = async (batches: AsyncIterable<unknown[]>): Promise<void> => {
  for await (const _ of batches);
};

const measure = async (events: number, server: ChildProcess): Promise<void> => {
  const [port] = await once(server, 'message');
  const connection = `esdb://127.0.0.1:${port}?tls=false&defaultDeadline=120000`;
  const log = await openEventStoreLog({ connection, world: systemWorld, prefix: PREFIX });
  server.send('fill');
  await once(server, 'message');

  const head = await log.head();
  await measured('head', 1, () => log.head());
  for (let round = 0; round < 2; round += 1) {
    await measured(`readAll of ${events} events`, events, () => drain(log.readAll(START)));
  }
  await measured(`readOpen, folded, of ${LIVE} channels, no milestone`, events, () => replayOpen(log, head));
  await measured('positionAt of long ago, no milestone', 1, () => log.positionAt(0));
  // The first append begins a milestone, which takes one pass over the log.
  await log.append(streamOf(events), 'none', [created()]);
  await measured('until there is a milestone', events, async () => {
    while (!(await hasMilestone())) await new Promise((resolve) => setTimeout(resolve, 500));
  });
  await measured(`readOpen, folded, of ${LIVE} channels, by a milestone`, LIVE, () => replayOpen(log));
  await measured('positionAt of now', 1, () => log.positionAt(Date.now() - 1));
  const live = Array.from({ length: LIVE }, (_, index) => streamOf(events / 8 - LIVE + index));
  await measured(`heads of ${LIVE}`, LIVE, () => log.heads(live));
  for (const atOnce of [1, 16, 64]) {
    let call = 0;
    const worker = async (): Promise<void> => {
      for (; call < 3_000; ) {
        call += 1;
        await log.append(streamOf(1e9 + atOnce * 1e6 + call), 'none', [created(), state(4)]);
      }
    };
    await measured(`3000 appends of two events, ${atOnce} at once`, 3_000, () =>
      Promise.all(Array.from({ length: atOnce }, worker)),
    );
  }
  await log.close();

  async function hasMilestone(): Promise<boolean> {
    const { EventStoreDBClient } = await import('@eventstore/db-client');
    const client = EventStoreDBClient.connectionString(connection);
    try {
      for await (const _ of client.readStream(`${PREFIX}milestones`)) return true;
    } catch {
      // Not yet.
    } finally {
      await client.dispose();
    }
    return false;
  }
};

const [, , first = '200000', role] = process.argv;
const events = Number(first);
if (role === 'serve') {
  await serve(events);
} else {
  const server = fork(import.meta.filename, [String(events), 'serve']);
  await measure(events, server).finally(() => server.kill());
}
