import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '@rollcall/clock';
import type { EventLog } from '../../event-log.ts';
import { type KafkaLog, type KafkaLogOptions, openKafkaLog } from '../kafka-log.ts';

type Place = Pick<KafkaLogOptions, 'topic' | 'dir'> & { topic: string };

/** For tests: opens logs in topics and directories of their own; afterwards closes them and removes the directories. */
export const kafkaLogsUnderTest = (brokers: () => readonly string[]) => {
  const dirs: string[] = [];
  const logs: KafkaLog[] = [];
  const places = new Map<EventLog, Place>();

  const newDir = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'kafka-log-'));
    dirs.push(dir);
    return dir;
  };
  const newTopic = (): string => `rollcall.test.${randomUUID()}`;

  const open = async (options: Partial<KafkaLogOptions> = {}): Promise<KafkaLog> => {
    const place = { topic: newTopic(), dir: newDir() };
    const log = await openKafkaLog({ brokers: brokers(), world: systemWorld, ...place, ...options });
    logs.push(log);
    return log;
  };

  /** The only partition of a log, as a log that takes all of it along when it is closed. */
  const openOne = async (place: Place = { topic: newTopic(), dir: newDir() }): Promise<EventLog> => {
    const log = await open({ ...place, partitions: 1 });
    const one: EventLog = { ...log.partition(0), close: () => log.close() };
    places.set(one, place);
    return one;
  };

  return {
    newDir,
    newTopic,
    open,
    openOne,
    reopenOne: async (log: EventLog): Promise<EventLog> => {
      await log.close();
      const place = places.get(log);
      if (!place) throw new Error('not opened here');
      return openOne(place);
    },
    cleanup: async (): Promise<void> => {
      for (const log of logs.splice(0)) await log.close();
      for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
    },
  };
};
