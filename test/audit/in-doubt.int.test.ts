import { amiSource } from '@rollcall/asterisk';
import { systemWorld } from '@rollcall/clock';
import { afterEach, expect, test } from 'vitest';
import { type OwnSession, startOwnSession } from '../support/own-session.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { type ScriptedAsterisk, scriptedAsterisk } from './scripted-asterisk.ts';

const afterwards: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of afterwards.splice(0).reverse()) await undo();
});

/** A session whose lists are an hour apart, unless something is in doubt. */
const beside = async (asterisk: ScriptedAsterisk): Promise<OwnSession> => {
  const timeouts = { answerTimeoutMs: 300, listTimeoutMs: 300 };
  const source = amiSource({ ...asterisk.address, ...timeouts, variables: [], world: systemWorld });
  const own = await startOwnSession({ source, grace: 50, reconcileEvery: 3_600_000 });
  afterwards.push(() => own.stop());
  return own;
};

const lists = (asterisk: ScriptedAsterisk): number => asterisk.asked().filter((one) => one === 'Status').length;

test('a list that was not whole is soon asked for again', async () => {
  const asterisk = await scriptedAsterisk();
  afterwards.push(asterisk.stop);
  asterisk.real.push(['1.1', 'PJSIP/a']);
  asterisk.cutOff = true;
  asterisk.before.Status = () => {
    asterisk.cutOff = lists(asterisk) < 2;
  };
  const own = await beside(asterisk);
  expect(own.list().map(({ name }) => name)).toEqual(['PJSIP/a']);
  expect(lists(asterisk)).toBe(2);
});

test('so is one after a second look that was not answered', async () => {
  const asterisk = await scriptedAsterisk();
  afterwards.push(asterisk.stop);
  const own = await beside(asterisk);
  asterisk.begins('1.1', 'PJSIP/a');
  await waitFor('the channel', () => own.list().length === 1);
  asterisk.vanishes('1.1');
  asterisk.silent = true;
  asterisk.before.look = () => {
    asterisk.silent = lists(asterisk) < 3;
  };
  asterisk.cut();
  await own.until('stale');
  await own.until('live');
  expect(own.list()).toEqual([]);
  expect(lists(asterisk)).toBe(3);
});
