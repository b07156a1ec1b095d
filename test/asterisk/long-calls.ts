// Calls of many kinds that stay for half a minute, so that two lists of the same moment can be set side by side.
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../support/rollcall-process.ts';
import type { Headers, Judge } from './judge.ts';
import type { Pbx } from './pbx.ts';
import { hasSipp, makeSipCalls } from './sipp.ts';

const TO_ECHO = { Context: 'default', Exten: 'echo', Priority: '1' };
const WHO = { CallerID: '"Zoë Q! Ünï" <+4930123456>', Account: 'acc-!"ö', Variable: 'SIDE=a "b" \\ ö' };

/**
 * Begins more than thirty channels: SIP and Local, in bridges, in a conference, parked, ringing, with callers and accounts and variables,
 * optimised away, redirected, transferred blindly and after a consultation. Resolves when all that is done.
 */
export const beginLongCalls = async (pbx: Pbx, judge: Judge): Promise<void> => {
  if (hasSipp()) {
    const calls = makeSipCalls(pbx.sip, 10, { exten: 'echo', perSecond: 8, calls: 4, holdMs: 40_000 });
    // They end with the PBX.
    calls.catch(() => undefined);
  }
  const originate = (exten: string, then: Headers, times: number) =>
    Promise.all(Array.from({ length: times }, () => judge.originate(`Local/${exten}@default/n`, then)));
  await originate('local', TO_ECHO, 2);
  const consulting = await bridgedHalves(judge, /^Local\/moh@.*;1$/, 2);
  await judge.atxfer(consulting[0] ?? '', '1002');
  await judge.blindTransfer(consulting[1] ?? '', 'echo');
  await originate('echo', { ...TO_ECHO, ...WHO }, 3);
  await originate('echo', { Application: 'Wait', Data: '50' }, 3);
  await originate('echo', { Context: 'default', Exten: 'conf', Priority: '1' }, 2);
  await originate('echo', { Context: 'default', Exten: 'park', Priority: '1' }, 2);
  await originate('callring', { Application: 'Wait', Data: '40' }, 1);
  await judge.originate('Local/chain@default', TO_ECHO);
  let names: string[] = [];
  await waitFor('three that wait', async () => {
    const waiting = (await judge.status()).filter(({ Application }) => Application === 'Wait');
    names = waiting.map(({ Channel = '' }) => Channel).filter((name) => /^Local\/echo@.*;1$/.test(name));
    return names.length >= 3;
  });
  await judge.bridge(names[0] ?? '', names[1] ?? '');
  await judge.redirect(names[2] ?? '', 'echo');
  await judge.setvar(names[2] ?? '', 'SIDE', 'set later');
  // The consultation: whoever asked for it leaves, which completes the transfer.
  await delay(1_500);
  await judge.hangup(consulting[0] ?? '');
};

const bridgedHalves = async (judge: Judge, name: RegExp, count: number): Promise<string[]> => {
  let found: string[] = [];
  await waitFor(`${count} bridged ${name}`, async () => {
    const bridged = (await judge.status()).filter(({ BridgeID }) => BridgeID);
    found = bridged.map(({ Channel = '' }) => Channel).filter((one) => name.test(one));
    return found.length >= count;
  });
  return found;
};

/** Two calls, each of both halves of a Local channel in Echo; resolves when nothing changes about the four any more. */
export const beginEchoCalls = async (judge: Judge, then: Headers): Promise<void> => {
  for (let call = 0; call < 2; call++) await judge.originate('Local/echo@default/n', then);
  await waitFor('the calls to be quiet', async () => {
    const all = await judge.status();
    return all.length === 4 && all.every(({ Application }) => Application === 'Echo');
  });
};
