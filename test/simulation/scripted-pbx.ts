import type { AsteriskConnection, AsteriskSource } from '@rollcall/asterisk';
import type { ChannelFacts, Observation } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';

/** A PBX that does what a test says, at once: for what the simulation found by chance. */
export type ScriptedPbx = {
  source: AsteriskSource;
  startup: string;
  /** What lists and looks are answered from. */
  channels: Map<string, ChannelFacts>;
  /** What Asterisk's cache lists besides. */
  orphans: Map<string, ChannelFacts>;
  /** Its lists are whole. */
  complete: boolean;
  /** What it was asked, in order: `list`, or the uniqueid of a look. */
  asked: string[];
  /** Chunks that come before the next connection is ready. */
  early: Observation[][];
  /** Runs before a look is answered; what it returns comes in one chunk with the answer, after it. */
  onLook: (uniqueid: string) => Promise<Observation[]>;
  /** One chunk of reports. */
  say(...reports: Observation[]): void;
  cut(): void;
};

export const scriptedPbx = (): ScriptedPbx => {
  let observe: (batch: Observation[]) => void = () => {};
  let cut = (): void => {};

  const connect: AsteriskSource['connect'] = async (options) => {
    observe = options.observe;
    for (const chunk of pbx.early.splice(0)) observe(chunk);
    const { promise: closed, resolve } = Promise.withResolvers<RollcallError>();
    cut = () => resolve(new RollcallError('PBX_CONNECTION_LOST', 'Cut.', ''));
    const connection: AsteriskConnection = {
      version: '11.0.0',
      startup: pbx.startup,
      warnings: [],
      list: async () => {
        pbx.asked.push('list');
        // No answer comes in the turn of its question.
        await Promise.resolve();
        const channels = [...pbx.channels].map(([uniqueid, facts]) => ({ uniqueid, facts: { ...facts } }));
        pbx.say({ kind: 'list', source: 'ami', list: { authority: 'real', channels, complete: pbx.complete } });
      },
      cached: async () => {
        const channels = [...pbx.channels, ...pbx.orphans].map(([uniqueid, facts]) => ({ uniqueid, facts }));
        return { authority: 'cache', channels, complete: true };
      },
      look: async (uniqueid) => {
        pbx.asked.push(uniqueid);
        const facts = pbx.channels.get(uniqueid);
        const after = await pbx.onLook(uniqueid);
        // The reader hands over the whole chunk before anybody hears of the answer.
        if (after.length > 0) pbx.say(...after);
        return facts && { uniqueid, facts };
      },
      examine: async () => [],
      close: cut,
      closed,
    };
    return connection;
  };

  const pbx: ScriptedPbx = {
    source: { source: 'ami', address: 'scripted', connect },
    startup: 'ami:first',
    channels: new Map(),
    orphans: new Map(),
    complete: true,
    asked: [],
    early: [],
    onLook: async () => [],
    say: (...reports) => observe(reports),
    cut: () => cut(),
  };
  return pbx;
};

type OfChannel = Extract<Observation, { uniqueid: string }>;

/** A report about a channel, with what most of them have. */
export const report = (kind: 'created' | 'changed' | 'destroyed', uniqueid: string, facts: ChannelFacts = {}) => {
  const said: OfChannel = {
    kind,
    uniqueid,
    facts: { name: `PJSIP/${uniqueid}`, ...facts },
    source: 'ami',
    proves: false,
  };
  return said;
};

export const inBridge = (kind: 'bridge-entered' | 'bridge-left', uniqueid: string, bridge: string): OfChannel => ({
  ...report('changed', uniqueid),
  kind,
  bridge,
  proves: kind === 'bridge-entered',
});
