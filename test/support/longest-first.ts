import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, longest first. Most wait for brokers, a PBX or processes rather than compute. */
const LONGEST = [
  'libs/projection-topic/src/survive.int.test.ts',
  'libs/event-log/src/kafka/killed-brokers.int.test.ts',
  'test/asterisk/rollcall.e2e.test.ts',
  'test/group/group.int.test.ts',
  'test/brokers/lab.int.test.ts',
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
