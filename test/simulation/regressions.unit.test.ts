import { channelIsStale, channelStream, type NewEvent, type PbxAudit, type RecordedEvent } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { createDice } from './dice.ts';
import { PBX, startRollcall } from './rollcall.ts';
import { inBridge, report, scriptedPbx } from './scripted-pbx.ts';
import { createSimulatedLog } from './simulated-log.ts';
import { createVirtualWorld } from './world.ts';

const RECONCILE_EVERY = 60_000;

/** Rollcall beside a scripted PBX, and another writer on the same log. Each of these was found by a seed of the simulation. */
const given = async ({ queueLimit = 100_000 } = {}) => {
  const world = createVirtualWorld();
  const dice = createDice(1, 'regressions');
  /** Another writer is first with what the list of the next connection adds. */
  let overtaking = false;
  const log = createSimulatedLog({
    world,
    dice,
    appended: ([event], by) => {
      const isNext = overtaking && by === 'rollcall' && event?.type === 'PbxConnected';
      log.weather.foreign = isNext ? 1 : 0;
      if (isNext) overtaking = false;
    },
  });
  const pbx = scriptedPbx();
  const rollcall = startRollcall({
    world,
    dice,
    log,
    source: () => pbx.source,
    settings: { reconcileEvery: RECONCILE_EVERY, grace: 500, queueLimit },
    image: undefined,
    committed: () => {},
    audited: () => {},
    failed: (what, error) => {
      throw new Error(what, { cause: error });
    },
  });
  await world.run(1);

  const audit = async (): Promise<PbxAudit> => {
    const audited = rollcall.audit();
    await world.run(world.now() + 2000);
    return audited;
  };
  const last = (stream: string): RecordedEvent | undefined => log.events.findLast((event) => event.stream === stream);
  return {
    world,
    pbx,
    log,
    audit,
    listed: () => [...(rollcall.cache?.list() ?? [])],
    live: () =>
      [...(rollcall.cache?.list() ?? [])]
        .filter((channel) => !channelIsStale(channel, rollcall.cache?.pbx(PBX)))
        .map(({ uniqueid }) => uniqueid),
    overtakeList: (): void => {
      overtaking = true;
    },
    /** Lets `ms` virtual milliseconds pass. */
    pass: (ms: number) => world.run(world.now() + ms),
    /** The line is lost, and made again; meanwhile `unheard` happens. */
    reconnect: async (unheard: () => void): Promise<void> => {
      pbx.cut();
      unheard();
      await world.run(world.now() + 300);
    },
    otherWriter: async (uniqueid: string): Promise<void> => {
      const stream = channelStream(PBX, 1, uniqueid);
      const before = last(stream);
      if (!before) throw new Error(`${stream} does not exist`);
      const { time, boot, schema, source } = before;
      const event: NewEvent = {
        ...{ id: dice.uuid(), time, boot, schema, source, pbx: PBX },
        ...{ type: 'VariableSet', data: { variable: 'OTHER', value: dice.uuid() } },
      };
      await log.client(() => true).append(stream, before.revision, [event]);
    },
  };
};

const endOf = (log: { events: readonly RecordedEvent[] }, uniqueid: string) =>
  log.events.find((event) => event.type === 'ChannelDestroyed' && event.stream.endsWith(`/${uniqueid}`));

describe('what the simulation found', () => {
  test('an incomplete list settles nothing: what ended while the line was down is not counted as live', async () => {
    const { pbx, pass, reconnect, live, listed } = await given();
    pbx.say(report('created', '1.1'), report('created', '1.2'));
    await pass(10);
    await reconnect(() => {
      pbx.complete = false;
      pbx.channels.set('1.2', { name: 'PJSIP/1.2' });
    });
    expect(live()).toEqual([]);
    expect(listed().length).toBe(2);
    pbx.complete = true;
    await pass(RECONCILE_EVERY + 1000);
    expect(live()).toEqual(['1.2']);
  });

  test('a Hangup in one chunk with the look’s answer is newer than it: the channel does not come back', async () => {
    const { pbx, pass, listed } = await given();
    pbx.say(report('created', 'used-again'), report('destroyed', 'used-again'));
    await pass(10);
    pbx.channels.set('used-again', { name: 'PJSIP/second' });
    pbx.onLook = async (uniqueid) => (pbx.channels.delete(uniqueid) ? [report('destroyed', uniqueid)] : []);
    pbx.say(report('created', 'used-again'));
    await pass(10);
    expect(listed()).toEqual([]);
    expect(pbx.asked).toEqual(['list', 'used-again', 'used-again']);
  });

  test('a Newchannel of a channel that a list found may be its farewell (issue 783): the PBX is asked', async () => {
    const { pbx, pass, reconnect, listed } = await given();
    await reconnect(() => pbx.channels.set('1.1', { name: 'PJSIP/1.1' }));
    expect(listed().length).toBe(1);
    pbx.channels.clear();
    pbx.say(report('created', '1.1'));
    await pass(10);
    expect(listed()).toEqual([]);
  });

  test('a bridge that was left is not believed from one list, and is from the next', async () => {
    const { pbx, pass, reconnect, listed } = await given();
    pbx.say(report('created', '1.1'), inBridge('bridge-entered', '1.1', 'b'), inBridge('bridge-left', '1.1', 'b'));
    await pass(10);
    await reconnect(() => pbx.channels.set('1.1', { name: 'PJSIP/1.1', bridge: 'b' }));
    expect(listed()[0]?.bridge).toBe('');
    await pass(RECONCILE_EVERY);
    expect(listed()[0]?.bridge).toBe('b');
  });

  test('a removal that loses to another writer is looked at again before everything counts as settled', async () => {
    const { pbx, pass, reconnect, otherWriter, listed, log } = await given();
    pbx.say(report('created', '1.1'));
    await pass(10);
    await reconnect(() => {
      pbx.onLook = async (uniqueid) => {
        pbx.onLook = async () => [];
        await otherWriter(uniqueid);
        return [];
      };
    });
    await pass(1000);
    expect(listed()).toEqual([]);
    expect(log.events.slice(-2).map(({ type }) => type)).toEqual(['ChannelDestroyed', 'Reconciled']);
  });

  test('a restart ends a channel on which another writer was first, in the boot that was its own', async () => {
    const { pbx, pass, reconnect, otherWriter, listed, log } = await given();
    pbx.say(report('created', '1.1'));
    await pass(10);
    await otherWriter('1.1');
    await reconnect(() => {
      pbx.startup = 'ami:second';
    });
    expect(listed()).toEqual([]);
    expect(endOf(log, '1.1')).toMatchObject({ boot: 1, data: { reason: 'pbx-restarted' } });
  });

  test('what another writer created is known at once: a restart ends it', async () => {
    const { pbx, pass, reconnect, overtakeList, listed } = await given();
    overtakeList();
    await reconnect(() => pbx.channels.set('1.1', { name: 'PJSIP/1.1' }));
    expect(listed().length).toBe(1);
    await reconnect(() => {
      pbx.startup = 'ami:second';
      pbx.channels.clear();
    });
    await pass(1000);
    expect(listed()).toEqual([]);
  });

  test('reports that found no room before the connection was ready end it, and nothing after them counts', async () => {
    const { pbx, pass, reconnect, listed, log } = await given({ queueLimit: 1 });
    await reconnect(() => {
      pbx.early = [[report('created', '1.1')], [report('destroyed', '1.1')], [report('created', '1.2')]];
      pbx.channels.set('1.2', { name: 'PJSIP/1.2', exten: '100' });
    });
    const reasons = log.events.flatMap((event) => (event.type === 'PbxDisconnected' ? event.data.reason : []));
    expect(reasons.slice(1)).toEqual(['scripted reports more than can be written, or the log cannot be written.']);
    await pass(2000);
    expect(listed().map(({ uniqueid, exten }) => [uniqueid, exten])).toEqual([['1.2', '100']]);
  });

  test('however many channels vanish, one list is asked for at a time, and all of them go', async () => {
    const { pbx, pass, reconnect, listed } = await given();
    pbx.say(...Array.from({ length: 12_000 }, (_, n) => report('created', `1.${n}`)));
    await pass(10);
    expect(listed().length).toBe(12_000);
    pbx.asked.length = 0;
    await reconnect(() => {});
    await pass(RECONCILE_EVERY + 1000);
    expect(listed()).toEqual([]);
    expect(pbx.asked.filter((asked) => asked === 'list').length).toBe(2);
  });
});

describe('an audit in virtual time', () => {
  test('brings no further lists with it', async () => {
    const { pbx, pass, audit } = await given();
    for (let n = 0; n < 10; n++) await audit();
    pbx.asked.length = 0;
    await pass(3 * RECONCILE_EVERY);
    expect(pbx.asked).toEqual(['list', 'list', 'list']);
  });

  test('keeps its own list apart from one that waits for a slow log', async () => {
    const { pbx, pass, audit, listed, log } = await given();
    pbx.say(report('created', '1.1'));
    await pass(10);
    pbx.channels.set('1.1', { name: 'PJSIP/1.1' });
    log.weather.slow = 3000;
    pbx.say(report('created', '1.2'), report('destroyed', '1.2'));
    const audited = audit();
    await pass(RECONCILE_EVERY);
    expect(await audited).toMatchObject({ agreed: 1, ours: [], missing: [] });
    expect(listed().map(({ uniqueid }) => uniqueid)).toEqual(['1.1']);
  });
});
