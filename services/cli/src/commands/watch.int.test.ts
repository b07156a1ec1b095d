import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Screen } from '../reading/screen.ts';
import { type CallLog, connect, createCallLog, inDialplan } from '../testing/call-log.ts';
import { runCommand } from '../testing/run-command.ts';

let calls: CallLog;
beforeEach(async () => {
  calls = createCallLog();
  await connect(calls);
  await calls.channel('1.1', inDialplan('PJSIP/alice-00000001', 1));
});
afterEach(() => calls.end());

const terminal = () => {
  const said = { out: '', err: '' };
  return {
    said,
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
    columns: undefined,
    colour: false,
  };
};

describe('watch in a pipe', () => {
  type Line = {
    change: string;
    channel?: { name: string; stateText: string };
    pbx?: { name: string; connected: boolean };
  };
  const lines = (text: string): Line[] =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  const brief = (text: string): string[] =>
    lines(text).map(({ change, channel, pbx }) =>
      `${change} ${channel?.name ?? pbx?.name} ${channel?.stateText ?? ''}`.trim(),
    );

  test('prints the list, then a line for each change, until it is ended', async () => {
    const pipe = terminal();
    const ending = new AbortController();
    const running = runCommand(['watch'], { data: calls.data, context: { terminal: pipe, signal: ending.signal } });
    await vi.waitFor(
      () => expect(brief(pipe.said.out)).toEqual(['pbx pbx-a', 'listed PJSIP/alice-00000001 Up']),
      10_000,
    );
    await calls.channel('1.2', inDialplan('PJSIP/bob-00000001', 2));
    await vi.waitFor(() => expect(brief(pipe.said.out)).toContain('added PJSIP/bob-00000001 Up'), 10_000);
    await calls.channel('1.2', { type: 'ChannelStateChanged', data: { state: 5 } });
    await vi.waitFor(() => expect(brief(pipe.said.out)).toContain('changed PJSIP/bob-00000001 Ringing'), 10_000);
    await calls.channel('1.1', { type: 'ChannelDestroyed', data: { reason: 'hangup' } });
    await vi.waitFor(() => expect(brief(pipe.said.out)).toContain('removed PJSIP/alice-00000001 Up'), 10_000);
    await calls.pbx('pbx-a', { type: 'PbxDisconnected', data: { reason: 'x' } });
    await vi.waitFor(() => expect(lines(pipe.said.out).at(-1)?.pbx?.connected).toBe(false), 10_000);
    expect(brief(pipe.said.out).slice(2)).toEqual([
      'added PJSIP/bob-00000001 Up',
      'changed PJSIP/bob-00000001 Ringing',
      'removed PJSIP/alice-00000001 Up',
      'pbx pbx-a',
    ]);
    ending.abort();
    expect((await running).error).toBeUndefined();
  });
  test('--filter: a channel that begins to pass is added, one that passes no longer is removed', async () => {
    const pipe = terminal();
    const ending = new AbortController();
    const running = runCommand(['watch', '--filter', 'stateText=Ringing'], {
      data: calls.data,
      context: { terminal: pipe, signal: ending.signal },
    });
    await vi.waitFor(() => expect(brief(pipe.said.out)).toEqual(['pbx pbx-a']), 10_000);
    await calls.channel('1.1', { type: 'ChannelStateChanged', data: { state: 5 } });
    await vi.waitFor(() => expect(brief(pipe.said.out)).toContain('added PJSIP/alice-00000001 Ringing'), 10_000);
    await calls.channel('1.1', { type: 'ChannelStateChanged', data: { state: 6 } });
    await vi.waitFor(() => expect(brief(pipe.said.out)).toContain('removed PJSIP/alice-00000001 Up'), 10_000);
    ending.abort();
    await running;
  });
  test('a PBX that is not there, and a server that is not there, are refused at once', async () => {
    expect((await runCommand(['watch', '--pbx', 'pbx-z'], { data: calls.data })).error).toMatchObject({
      code: 'PBX_UNKNOWN',
    });
    expect((await runCommand(['watch', '--url', 'http://127.0.0.1:9'], { data: calls.data })).error).toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
  });
});

describe('watch on a terminal', () => {
  const fakeScreen = () => {
    const drawn: string[] = [];
    const keys: ((key: string) => void)[] = [];
    const resizes: (() => void)[] = [];
    const state = { columns: 100, closed: 0 };
    const screen = (): Screen => ({
      rows: 20,
      get columns() {
        return state.columns;
      },
      draw: (text) => drawn.push(text),
      onKey: (listener) => keys.push(listener),
      onResize: (listener) => resizes.push(listener),
      close: () => {
        state.closed++;
      },
    });
    return { drawn, keys, resizes, state, screen };
  };
  const start = (screen: ReturnType<typeof fakeScreen>) =>
    runCommand(['watch'], {
      data: calls.data,
      context: { terminal: { ...terminal(), columns: 100 }, screen: screen.screen },
    });

  test.each(['q', '\x03'])('draws what happens, fits itself to the terminal, and gives it back at %j', async (key) => {
    const screen = fakeScreen();
    const running = start(screen);
    await vi.waitFor(() => expect(screen.drawn.at(-1)).toContain('PJSIP/alice-00000001'), 10_000);
    await calls.channel('1.2', inDialplan('PJSIP/bob-00000001', 2));
    await vi.waitFor(() => expect(screen.drawn.at(-1)).toContain('PJSIP/bob-00000001'), 10_000);
    screen.state.columns = 40;
    for (const resized of screen.resizes) resized();
    await vi.waitFor(() => expect(screen.drawn.at(-1)).not.toContain('Location'), 10_000);
    expect(screen.state.closed).toBe(0);
    for (const press of screen.keys) press(key);
    expect((await running).error).toBeUndefined();
    expect(screen.state.closed).toBe(1);
  });
  test('gives the terminal back when drawing fails', async () => {
    const screen = fakeScreen();
    const broken = {
      ...screen,
      screen: (): Screen => ({
        ...screen.screen(),
        draw: () => {
          throw new Error('gone');
        },
      }),
    };
    expect((await start(broken)).error).toMatchObject({ message: 'gone' });
    expect(screen.state.closed).toBe(1);
  });
});
