/**
 * For tests: another process that writes a log until it is killed. `node kafka-process.ts BROKER TOPIC DIR RUN`
 * First it takes up PBX pbx-a where the log has it and begins its next boot; then it appends calls of three events each, all at the
 * same time, and now and then an event of the PBX. What is acknowledged it prints: `STREAM FIRST-REVISION ID ID ID`.
 */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { channelStream, type DomainEvent, type NewEvent, pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { openKafkaLog } from '../kafka-log.ts';

const CALLS = 20;

const [broker = '', topic = '', dir = '', run = ''] = process.argv.slice(2);

/** Not through process.stdout: what is printed must be out before the process is killed. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const event = (event: DomainEvent, boot: number): NewEvent => {
  return { ...event, id: randomUUID(), time: 1, pbx: 'pbx-a', boot, source: 'ami', schema: SCHEMA_VERSION };
};

try {
  const log = await openKafkaLog({ brokers: [broker], topic, dir, partitions: 3, world: systemWorld });
  const pbx = pbxStream('pbx-a');
  let head = (await log.heads([pbx])).get(pbx)?.revision ?? -1;
  const boot = Number(run) + 1;

  const append = async (stream: string, from: number, events: NewEvent[]): Promise<void> => {
    await log.append(stream, from === 0 ? 'none' : revision(from - 1), events);
    print([stream, from, ...events.map(({ id }) => id)].join(' '));
  };
  const appendPbx = async (one: DomainEvent): Promise<void> => {
    await append(pbx, head + 1, [event(one, boot)]);
    head = revision(head + 1);
  };
  const call = async (lane: number): Promise<void> => {
    for (let count = 0; ; count++) {
      const stream = channelStream('pbx-a', boot, `${run}.${lane}.${count}`);
      await append(stream, 0, [
        event({ type: 'ChannelCreated', data: { name: 'PJSIP/1', origin: 'created' } }, boot),
        event({ type: 'ChannelStateChanged', data: { state: 6 } }, boot),
        event({ type: 'ChannelDestroyed', data: { reason: 'hangup' } }, boot),
      ]);
      if (lane === 0) await appendPbx({ type: 'PbxDisconnected', data: { reason: 'test' } });
    }
  };

  print('ready');
  await appendPbx({ type: 'PbxBooted', data: { boot, evidence: 'uptime' } });
  await Promise.all(Array.from({ length: CALLS }, (_, lane) => call(lane)));
} catch (error) {
  print(`failed ${errorLine(error)}`);
}
