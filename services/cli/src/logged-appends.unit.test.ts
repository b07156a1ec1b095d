import { type NewEvent, SCHEMA_VERSION } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { expect, test } from 'vitest';
import { loggedAppends } from './logged-appends.ts';

const EVENT: NewEvent = {
  ...{ id: 'an-id', time: 1, pbx: 'pbx-a', boot: 1, source: 'ami', schema: SCHEMA_VERSION },
  ...{ type: 'ChannelHeld', data: {} },
};
const STREAM = 'channel/pbx-a/1/1.1';

const logAt = (debug: boolean) => {
  const lines: unknown[] = [];
  const log = {
    append: async (...[stream]: Parameters<EventLog['append']>) => {
      if (stream === 'bad') throw new Error('refused');
      return 'appended';
    },
  };
  const logger = { isLevelEnabled: () => debug, debug: (line: unknown) => void lines.push(line) };
  return { lines, log, logged: loggedAppends(log, logger) };
};

test('an event is told by its id once the log has it, and not when the log refuses it', async () => {
  const { lines, logged } = logAt(true);
  await expect(logged.append('bad', 'none', [EVENT])).rejects.toThrow('refused');
  expect(lines).toEqual([]);
  expect(await logged.append(STREAM, 'none', [EVENT])).toBe('appended');
  expect(lines).toEqual([{ event: 'an-id', type: 'ChannelHeld', stream: STREAM, pbx: 'pbx-a' }]);
});

test('where nobody asks for it, the log is called as it is', () => {
  const { log, logged } = logAt(false);
  expect(logged).toBe(log);
});
