import type { ChannelObservation, Observation } from '@rollcall/channel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captured, messagesWith } from './captures.fixture.ts';
import { createAmiObserver } from './observer.ts';

const observe = (bytes: Buffer | string, variables: string[] = []): Observation[] => {
  const observer = createAmiObserver({ variables });
  return [...observer.push(Buffer.from(bytes)), ...observer.end()];
};

/** An event as Asterisk prints it; `\n` stands for its line end. */
const event = (text: string): Buffer => Buffer.from(`${text.replaceAll('\n', '\r\n')}\r\n\r\n`);

const firstWith = (scenario: string, ...texts: string[]): Buffer => {
  const found = messagesWith(captured(scenario), texts[0] ?? '').find((message) =>
    texts.every((text) => message.includes(text)),
  );
  if (!found) throw new Error(`${scenario} holds no message with ${texts.join(' and ')}`);
  return found;
};

const only = (observations: Observation[]): Observation => {
  expect(observations).toHaveLength(1);
  const [observation] = observations;
  if (!observation) throw new Error('nothing observed');
  return observation;
};

describe('a channel event of a real Asterisk', () => {
  test('Newchannel creates, with all that its headers say, time included (a22-load)', () => {
    expect(observe(firstWith('a22-load', 'Event: Newchannel'))).toStrictEqual([
      {
        kind: 'created',
        uniqueid: 'pbx-a-1795360597.1756',
        source: 'ami',
        proves: false,
        time: 1795360597241,
        facts: {
          name: 'PJSIP/sipp-0000050a',
          linkedid: 'pbx-a-1795360597.1756',
          state: 4,
          callerNumber: 'sipp',
          callerName: 'sipp',
          connectedNumber: null,
          connectedName: null,
          language: 'en',
          accountCode: '',
          context: 'default',
          exten: 'short',
          priority: 1,
        },
      },
    ]);
  });

  test('Newexten moves, with application and its data; Newstate changes; both prove that the channel exists', () => {
    const moved = only(observe(firstWith('a22-load', 'Event: Newexten', 'Application: Dial')));
    expect(moved).toMatchObject({ kind: 'changed', proves: true, facts: { application: 'Dial' } });
    expect(only(observe(firstWith('a16-load', 'Event: Newexten', 'AppData: \r\n')))).toMatchObject({
      facts: { applicationData: '' },
    });
    expect(only(observe(firstWith('a16-load', 'Event: Newstate')))).toMatchObject({ kind: 'changed', proves: true });
  });

  test.each(['NewCallerid', 'NewConnectedLine', 'NewAccountCode'])('%s changes and proves nothing', (name) => {
    for (const scenario of ['a16-load', 'a22-load']) {
      expect(only(observe(firstWith(scenario, `Event: ${name}\r\n`)))).toMatchObject({
        kind: 'changed',
        proves: false,
      });
    }
  });

  test('NewCallerid says the presentation', () => {
    expect(only(observe(firstWith('a22-sip', 'Event: NewCallerid')))).toMatchObject({
      facts: { callerPresentation: '0 (Presentation Allowed, Not Screened)' },
    });
  });

  test('Hangup destroys, with cause, its text and, where told, the technology’s own (a22-load)', () => {
    expect(only(observe(firstWith('a22-load', 'Event: Hangup\r\n', 'Cause: 16')))).toMatchObject({
      kind: 'destroyed',
      cause: 16,
      causeText: 'Normal Clearing',
      proves: false,
    });
    expect(only(observe(firstWith('a22-transfer', 'Event: Hangup\r\n')))).not.toHaveProperty('musicClass');
    const withTech = messagesWith(captured('a22-sip'), 'TechCause: ').find((m) => m.includes('Event: Hangup\r\n'));
    if (withTech) expect(only(observe(withTech))).toHaveProperty('techCause');
  });

  test('HangupRequest and SoftHangupRequest ask for the end', () => {
    expect(only(observe(firstWith('a22-load', 'Event: HangupRequest', 'Cause: 16')))).toMatchObject({
      kind: 'hangup-requested',
      cause: 16,
    });
    expect(only(observe(firstWith('a22-load', 'Event: SoftHangupRequest')))).toMatchObject({
      kind: 'hangup-requested',
    });
  });

  test('BridgeEnter proves, BridgeLeave does not; both name the bridge', () => {
    const entered = only(observe(firstWith('a22-load', 'Event: BridgeEnter')));
    expect(entered).toMatchObject({
      kind: 'bridge-entered',
      proves: true,
      bridge: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(entered).not.toHaveProperty('facts.bridge');
    expect(only(observe(firstWith('a16-load', 'Event: BridgeLeave')))).toMatchObject({
      kind: 'bridge-left',
      proves: false,
    });
  });

  test('Unhold unholds (a22-load), Hold holds and names the music', () => {
    const unheld = firstWith('a22-load', 'Event: Unhold');
    expect(only(observe(unheld))).toMatchObject({ kind: 'unheld', proves: false });
    const held = unheld.toString().replace('Unhold', 'Hold');
    expect(only(observe(held))).toMatchObject({ kind: 'held' });
    expect(only(observe(held.replace(/\r\n\r\n$/, '\r\nMusicClass: jazz\r\n\r\n')))).toMatchObject({
      musicClass: 'jazz',
    });
  });

  test('every other event says nothing (a22-load: 31,206 messages)', () => {
    const observer = createAmiObserver({ variables: [] });
    const bytes = captured('a22-load');
    const names = new Map<string, number>();
    for (const match of bytes.toString('latin1').matchAll(/^Event: (\S+)/gm)) {
      names.set(match[1] ?? '', (names.get(match[1] ?? '') ?? 0) + 1);
    }
    const observations = [...observer.push(bytes), ...observer.end()];
    const wanted = [
      'Newchannel',
      'Newstate',
      'Newexten',
      'NewCallerid',
      'NewConnectedLine',
      'NewAccountCode',
      'Hangup',
      'HangupRequest',
      'SoftHangupRequest',
      'BridgeEnter',
      'BridgeLeave',
      'Unhold',
      'FullyBooted',
    ];
    const banner = 1;
    expect(observations).toHaveLength(wanted.reduce((sum, name) => sum + (names.get(name) ?? 0), banner));
    expect(observer.counters).toEqual({ messages: 31_206, discarded: 0, malformed: 0 });
  });

  test.each(['a16-masq', 'a22-crash', 'a22-disconnect'])(
    'is observed alike however the feed is cut: %s',
    (scenario) => {
      const bytes = captured(scenario);
      const whole = observe(bytes, ['SIPDOMAIN']);
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 200 }), (places) => {
          const observer = createAmiObserver({ variables: ['SIPDOMAIN'] });
          const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
          const pieces = cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to));
          expect([...pieces.flatMap((piece) => observer.push(piece)), ...observer.end()]).toEqual(whole);
        }),
        { numRuns: 10 },
      );
    },
  );
});

describe('what a header says', () => {
  const newstate = (headers: string) => only(observe(event(`Event: Newstate\nUniqueid: 1.1\n${headers}`)));
  const facts = (headers: string) => (newstate(headers) as ChannelObservation).facts;

  test('is absent when the header is, empty when it is empty, null for <unknown> where Asterisk prints that', () => {
    expect(facts('Exten: ')).toStrictEqual({ exten: '' });
    expect(facts('CallerIDNum: <unknown>\nConnectedLineName: <unknown>\nExten: <unknown>')).toStrictEqual({
      callerNumber: null,
      connectedName: null,
      exten: '<unknown>',
    });
  });

  test('is taken as sent: exactly one blank goes, colons and blanks stay', () => {
    expect(facts('Exten:  a: b ')).toStrictEqual({ exten: ' a: b ' });
    expect(facts('Exten:a')).toStrictEqual({ exten: 'a' });
    expect(facts('Exten:')).toStrictEqual({ exten: '' });
  });

  test('counts once: of a repeated header the first', () => {
    expect(facts('Exten: a\nExten: b')).toStrictEqual({ exten: 'a' });
  });

  test('is dropped when it is no number and should be one', () => {
    expect(facts('ChannelState: six\nPriority: 99999999999999999999\nTimestamp: soon')).toStrictEqual({});
  });

  test('is unescaped in names, as Asterisk 16 and 22 escape them, and nowhere else', () => {
    expect(facts(String.raw`CallerIDName: O\'Brien \\ \?\" \n \x`)).toStrictEqual({
      callerName: 'O\'Brien \\ ?" \n \\x',
    });
    expect(facts(String.raw`Channel: Local/a\n@b`)).toStrictEqual({ name: String.raw`Local/a\n@b` });
    expect(facts(String.raw`AccountCode: a\'b`)).toStrictEqual({ accountCode: String.raw`a\'b` });
  });

  test('of UTF-8 is read also when it is cut, and what is no UTF-8 leaves its neighbours whole', () => {
    const bytes = Buffer.concat([
      Buffer.from('Event: Newstate\r\nUniqueid: 1.1\r\nCallerIDName: Zoë 日本\r\nExten: '),
      Buffer.from([0xff, 0xc3, 0x28, 0x00]),
      Buffer.from('\r\nContext: ünï\r\n\r\n'),
    ]);
    for (let at = 0; at <= bytes.length; at++) {
      const observer = createAmiObserver({ variables: [] });
      const observed = [...observer.push(bytes.subarray(0, at)), ...observer.push(bytes.subarray(at))];
      expect(observed).toMatchObject([{ facts: { callerName: 'Zoë 日本', context: 'ünï', exten: '\ufffd\ufffd(\0' } }]);
    }
  });

  test('may be longer than 1,024 bytes, and may hold line feeds', () => {
    const data = `x\n\n${'y'.repeat(20_000)}`;
    const bytes = Buffer.from(`Event: Newexten\r\nUniqueid: 1.1\r\nApplication: NoOp\r\nAppData: ${data}\r\n\r\n`);
    expect(only(observe(bytes))).toMatchObject({ facts: { applicationData: data } });
  });

  test('tells the time to the millisecond', () => {
    expect(newstate('Timestamp: 1795360597.241999')).toMatchObject({ time: 1795360597241 });
    expect(newstate('Timestamp: 1795360597')).toMatchObject({ time: 1795360597000 });
    expect(newstate('Timestamp: 1795360597.5')).toMatchObject({ time: 1795360597500 });
  });

  test('that is lacking and needed makes no observation', () => {
    expect(observe(event('Event: Newchannel\nChannel: SIP/a'))).toEqual([]);
    expect(observe(event('Event: Newchannel\nUniqueid: '))).toEqual([]);
    expect(observe(event('Event: BridgeEnter\nUniqueid: 1.1'))).toEqual([]);
    expect(observe(event('Event: Rename\nUniqueid: 1.1\nChannel: SIP/a'))).toEqual([]);
  });
});

test('Rename says the new name and nothing else', () => {
  const renamed = event('Event: Rename\nPrivilege: call,all\nChannel: SIP/a\nNewname: SIP/b\nUniqueid: 1.1');
  expect(observe(renamed)).toStrictEqual([
    { kind: 'changed', uniqueid: '1.1', source: 'ami', proves: false, facts: { name: 'SIP/b' } },
  ]);
});

describe('variables', () => {
  const variables = (bytes: Buffer, wanted: string[]) =>
    observe(bytes, wanted).flatMap((seen) => (seen.kind === 'variable' ? [[seen.variable, seen.value]] : []));

  test('are observed when wanted (a22-load)', () => {
    expect(variables(firstWith('a22-load', 'Variable: SIPDOMAIN'), ['SIPDOMAIN'])).toEqual([
      ['SIPDOMAIN', '127.0.0.1'],
    ]);
    expect(observe(firstWith('a22-load', 'Variable: SIPDOMAIN'), ['SIPDOMAI', 'IPDOMAIN', 'sipdomain'])).toEqual([]);
  });

  const varSet = (variable: string, value: string, uniqueid = '1.1') =>
    event(`Event: VarSet\nChannel: SIP/a\nUniqueid: ${uniqueid}\nVariable: ${variable}\nValue: ${value}`);

  test('are unescaped, and may be empty', () => {
    expect(variables(varSet('A', String.raw`x\ny=\"1\": z`), ['A'])).toEqual([['A', 'x\ny="1": z']]);
    expect(variables(varSet('A', ''), ['A'])).toEqual([['A', '']]);
  });

  test('set to be inherited carry underscores, which are no part of their name', () => {
    expect(variables(varSet('__A', '1'), ['A'])).toEqual([['A', '1']]);
    expect(variables(varSet('_A', '1'), ['A'])).toEqual([['A', '1']]);
    expect(variables(varSet('__A', '1'), ['__A'])).toEqual([['__A', '1']]);
    expect(variables(varSet('___A', '1'), ['A'])).toEqual([]);
  });

  test('of no channel are not observed', () => {
    expect(observe(varSet('A', '1', 'none'), ['A'])).toEqual([]);
  });

  test('may stand in an order of their own', () => {
    expect(variables(event('Event: VarSet\nUniqueid: 1.1\nValue: 1\nVariable: A'), ['A'])).toEqual([['A', '1']]);
    expect(variables(event('Event: VarSet\nUniqueid: 1.1\nVariable: B\nX: A'), ['A'])).toEqual([]);
  });

  test('that the PBX adds to every event (channelvars) are facts', () => {
    const bytes = event("Event: Newstate\nUniqueid: 1.1\nChanVariable: A=b=c\nChanVariable: B=2\nChanVariable: C=\\'");
    expect(only(observe(bytes, ['A', 'C', 'D']))).toMatchObject({ facts: { variables: { A: 'b=c', C: "'" } } });
    expect(only(observe(bytes))).not.toHaveProperty('facts.variables');
    expect(only(observe(bytes, ['D']))).not.toHaveProperty('facts.variables');
  });
});

describe('what the PBX says of itself', () => {
  test('a banner is a connection, CoreStatus a startup time, FullyBooted an uptime (a22-crash)', () => {
    const said = observe(captured('a22-crash')).filter((seen) => !('uniqueid' in seen) && seen.kind !== 'list');
    expect(said).toEqual([
      { kind: 'connection', source: 'ami', version: '11.0.0' },
      { kind: 'uptime', seconds: 8, time: 1795361499419 },
      { kind: 'connection', source: 'ami', version: '11.0.0' },
      { kind: 'uptime', seconds: 5, time: 1795361510108 },
      { kind: 'startup', startup: 'ami:2026-11-22 15:31:44' },
    ]);
  });

  const booted = event('Event: FullyBooted\nUptime: 100');
  const at = (seconds: number, name = 'Newstate') => event(`Event: ${name}\nTimestamp: ${seconds}.0\nUniqueid: 1.1`);
  const uptimeOf = (observations: Observation[]) => observations.find((seen) => seen.kind === 'uptime');
  const feed = (...pieces: [Buffer, number?][]) => {
    const observer = createAmiObserver({ variables: [] });
    return [...pieces.flatMap(([bytes, receivedAt]) => observer.push(bytes, receivedAt)), ...observer.end()];
  };

  test('an uptime has the time of the event behind it, wanted or not, and comes before it', () => {
    expect(feed([booted], [at(500, 'DeviceStateChange')])).toEqual([{ kind: 'uptime', seconds: 100, time: 500_000 }]);
    expect(feed([booted], [at(500)]).map((seen) => seen.kind)).toEqual(['uptime', 'changed']);
  });

  test('an uptime waits for nothing that may never come', () => {
    expect(feed([booted])).toEqual([{ kind: 'uptime', seconds: 100 }]);
    expect(feed([booted], [event('Event: Newstate\nUniqueid: 1.1')]).map((seen) => seen.kind)).toEqual([
      'uptime',
      'changed',
    ]);
  });

  test('an uptime is not made younger by the silence behind it, which would read as a restart', () => {
    const hour = 3600;
    expect(uptimeOf(feed([at(500)], [booted], [at(500 + hour)]))).toEqual({
      kind: 'uptime',
      seconds: 100,
      time: 500_000,
    });
    expect(uptimeOf(feed([booted, 1_000_000], [at(500 + hour), 1_000_000 + hour * 1000]))).toEqual({
      kind: 'uptime',
      seconds: 100,
    });
    expect(uptimeOf(feed([at(500)], [booted], [at(560, 'SuccessfulAuth')]))).toMatchObject({ time: 560_000 });
    expect(uptimeOf(feed([at(500), 1000], [booted, 61_000], [at(561), 62_000]))).toMatchObject({ time: 561_000 });
  });
});

test('nothing that may come over a wire makes it throw, or lose the good message behind', () => {
  const good = firstWith('a22-load', 'Event: Newstate');
  const seed = captured('a22-transfer').subarray(20_000, 30_000);
  const mutated = fc
    .array(fc.tuple(fc.nat(seed.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 50 })
    .map((changes) => {
      const bytes = Buffer.from(seed);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));
  const banner = Buffer.from('Asterisk Call Manager/11.0.0\r\n');
  fc.assert(
    fc.property(fc.oneof(mutated, random), fc.nat(10_000), (bytes, at) => {
      const observer = createAmiObserver({ variables: ['A'] });
      const feed = Buffer.concat([banner, bytes, Buffer.from('\r\n\r\n'), good]);
      const observed = [...observer.push(feed.subarray(0, at)), ...observer.push(feed.subarray(at))];
      expect(observed.at(-1)).toEqual(only(observe(good)));
    }),
    { numRuns: 500 },
  );
});
