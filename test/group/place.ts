import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '@rollcall/clock';
import { type KafkaLog, openKafkaLog } from '@rollcall/event-log/kafka';
import { type GroupOptions, type ProjectorGroup, startGroup } from '@rollcall/projector-service';
import type { Kafka } from '../brokers/kafka.ts';
import { type Member, startMember } from './member.ts';

/** Topics, a group and directories of a test's own, and what runs on them. */
export const createPlace = (kafka: Kafka, partitions: number) => {
  const id = randomUUID().slice(0, 8);
  const events = `events-${id}`;
  const topics = { channels: `channels-${id}`, status: `status-${id}` };
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-group-'));
  const members: Member[] = [];
  const groups: ProjectorGroup[] = [];
  const logs: KafkaLog[] = [];
  let started = 0;

  const settings = (name = `member-${++started}`): Omit<GroupOptions, 'world'> => ({
    kafka: { brokers: kafka.bootstrap, clientId: name },
    log: { dir: join(dir, name), topic: events },
    topics,
    group: `group-${id}`,
    sessionMs: 6_000,
  });

  return {
    events,
    topics,
    partitions,
    settings,
    member: (name?: string): Member => {
      const member = startMember(settings(name));
      members.push(member);
      return member;
    },
    /** A projector in the test's own process. */
    group: (more: Partial<GroupOptions> = {}): ProjectorGroup => {
      const group = startGroup({ ...settings(), world: systemWorld, ...more });
      groups.push(group);
      return group;
    },
    openLog: async (): Promise<KafkaLog> => {
      const at = { brokers: kafka.inside, topic: events, partitions, world: systemWorld };
      const log = await openKafkaLog({ ...at, dir: join(dir, `ingest-${++started}`) });
      logs.push(log);
      return log;
    },
    cleanup: async (): Promise<void> => {
      for (const { process, kill9 } of members) if (process.exitCode === null && !process.signalCode) await kill9();
      for (const group of groups) await group.stop();
      for (const log of logs) await log.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

export type Place = ReturnType<typeof createPlace>;
