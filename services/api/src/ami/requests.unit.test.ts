import { describe, expect, test } from 'vitest';
import { createRequestReader, filledHeader, header, type Request } from './requests.ts';

const read = (text: string): Request[] => createRequestReader().push(Buffer.from(text));
const flaws = (text: string): (string | undefined)[] => read(text).map(({ flaw }) => flaw);

describe('requests are cut from bytes as Asterisk 22 and 16 cut them', () => {
  test.each([
    ['CRLF', 'Action: Ping\r\n\r\n', 1],
    ['LF alone', 'Action: Ping\n\n', 1],
    ['a blank line too many is a request of nothing', 'Action: Ping\r\n\r\n\r\n', 2],
    ['half a request', 'Action: Ping\r\n', 0],
  ])('%s', (_, text, count) => {
    expect(read(text)).toHaveLength(count);
  });
  test('a line of 1022 bytes and its end is taken, one more is too long', () => {
    const line = (length: number): string => `Action: Ping\r\nX: ${'y'.repeat(length - 3)}\r\n\r\n`;
    expect(flaws(line(1022))).toEqual([undefined]);
    // Its CR is all that is kept of it, which makes the LF after it a blank line: Asterisk answers twice.
    expect(flaws(line(1023))).toEqual(['line-too-long', undefined]);
    expect(flaws(line(1024))).toEqual(['line-too-long']);
    expect(flaws(line(5000))).toEqual(['line-too-long']);
  });
  test('after a line that was too long the next request is read as ever, and the ActionID before it counts', () => {
    const [first, second] = read(`ActionID: a\r\nX: ${'y'.repeat(3000)}\r\n\r\nAction: Ping\r\nActionID: b\r\n\r\n`);
    expect(first && { flaw: first.flaw, id: header(first, 'ActionID') }).toEqual({ flaw: 'line-too-long', id: 'a' });
    expect(second && { flaw: second.flaw, id: header(second, 'ActionID') }).toEqual({ flaw: undefined, id: 'b' });
  });
  test('128 lines are taken, one more is too many', () => {
    const lines = (count: number): string => `${'A: b\r\n'.repeat(count)}\r\n`;
    expect(flaws(lines(128))).toEqual([undefined]);
    expect(flaws(lines(129))).toEqual(['too-many-lines']);
  });
  test('a NUL ends what counts of a line; a line that begins with one is blank', () => {
    expect(read('Action: Ping\0foo\r\n\r\n')[0]?.headers).toEqual(['Action: Ping']);
    expect(read('\0Action: Ping\r\nActionID: z\r\n\r\n').map(({ headers }) => headers)).toEqual([[], ['ActionID: z']]);
  });
  test('the first header of a name counts, whatever its case; the first action that is not empty', () => {
    const [request] = read('ACTION: \r\naction:Ping\r\nActionID:   a b \r\nActionID: c\r\nAction : x\r\n\r\n');
    expect(
      request && [header(request, 'Action'), filledHeader(request, 'Action'), header(request, 'ActionID')],
    ).toEqual(['', 'Ping', 'a b ']);
  });
  test('it keeps no more than a line and the headers of one request, however much comes', () => {
    const reader = createRequestReader();
    for (let i = 0; i < 10_000; i++) expect(reader.push(Buffer.alloc(1024, 'x'))).toEqual([]);
    expect(reader.push(Buffer.from('\r\n\r\n'))).toMatchObject([{ flaw: 'line-too-long', headers: { length: 1 } }]);
  });
});
