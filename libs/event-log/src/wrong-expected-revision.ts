import type { Revision } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { ExpectedRevision } from './event-log.ts';

/** The stream is not where the writer thought: read it again and decide again. */
export class WrongExpectedRevision extends RollcallError {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly actual: Revision | 'none';

  constructor(stream: string, expected: ExpectedRevision, actual: Revision | 'none') {
    super(
      'WRONG_EXPECTED_REVISION',
      `Stream ${stream} was expected at revision ${expected} and is at ${actual}.`,
      'Read the stream again and decide again.',
    );
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}
