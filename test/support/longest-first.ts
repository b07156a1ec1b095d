import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, longest first. Most wait for brokers, a PBX or processes rather than compute. */
const LONGEST = [
  'libs/projection-topic/src/survive.int.test.ts',
  'libs/event-log/src/kafka/killed-brokers.int.test.ts',
  'test/brokers/lab.int.test.ts',
  'test/asterisk/rollcall.e2e.test.ts',
  'test/group/chaos.e2e.test.ts',
  'test/group/group.int.test.ts',
  'libs/event-log/src/kafka/refusals.int.test.ts',
  'libs/event-log/src/kafka/kafka-log.int.test.ts',
  'test/asterisk/audit-command.e2e.test.ts',
  'test/asterisk/audit.e2e.test.ts',
  'test/operations/topic.e2e.test.ts',
  'libs/projection-topic/src/refusals.int.test.ts',
  'test/outage/kafka.int.test.ts',
  'libs/event-log/src/eventstore/eventstore-log.int.test.ts',
  'test/operations/log-commands.e2e.test.ts',
  'test/quarantine/quarantine.e2e.test.ts',
  'test/group/full-disk.int.test.ts',
  'test/bad-input/disk-full.int.test.ts',
  'libs/event-log/src/eventstore/milestones.int.test.ts',
  'test/channel-story/captures.e2e.test.ts',
  'libs/asterisk/src/ari/real-asterisk.int.test.ts',
  'libs/event-log/src/kafka/killed-writer.int.test.ts',
  'test/operations/help.e2e.test.ts',
  'test/bad-input/feed.int.test.ts',
  'test/bad-input/damaged.int.test.ts',
  'libs/event-log/src/kafka/full-disk.int.test.ts',
  'test/outage/start-over.int.test.ts',
  'test/group/refusals.int.test.ts',
  'libs/event-log/src/kafka/two-writers.int.test.ts',
  'libs/event-log/src/embedded/export-restore.int.test.ts',
  'libs/projection-topic/src/view.int.test.ts',
  'libs/event-log/src/kafka/first-wins.int.test.ts',
  'libs/event-log/src/eventstore/faults-read.int.test.ts',
  'test/operations/rebuild-under-load.int.test.ts',
  'libs/event-log/src/embedded/crash.int.test.ts',
  'libs/event-log/src/kafka/full-mirror.int.test.ts',
  'test/outage/eventstore.int.test.ts',
  'test/operations/every-command.e2e.test.ts',
  'test/operations/as-user.e2e.test.ts',
  'test/captures-runs/captures.int.test.ts',
];

const KINDS = ['.e2e.test.ts', '.int.test.ts', '.unit.test.ts'];

/** So that no worker begins the longest file when the others have nothing left to do. A machine that never ran a test knows no durations. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.indexOf(relative(this.ctx.config.root, moduleId));
      return place >= 0 ? place : LONGEST.length + KINDS.findIndex((kind) => moduleId.endsWith(kind));
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
