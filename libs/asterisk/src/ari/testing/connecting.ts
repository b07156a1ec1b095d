import type { Observation } from '@rollcall/channel';
import { type Scheduler, systemWorld } from '@rollcall/clock';
import { isRollcallError, type RollcallError } from '@rollcall/errors';
import { expect } from 'vitest';
import { type AriSourceOptions, ariSource } from '../source.ts';
import { APP, healthy, type Script, SECRET, scriptedAri, USER } from './scripted-ari.ts';

export const source = (url: string, more: Partial<AriSourceOptions> = {}) =>
  ariSource({ url, user: USER, secret: SECRET, app: APP, variables: [], world: systemWorld, ...more });

export const connect = async (
  url: string,
  more: Partial<AriSourceOptions> = {},
  signal = new AbortController().signal,
) => {
  const observed: Observation[] = [];
  const connection = await source(url, more).connect({ observe: (batch) => observed.push(...batch), signal });
  return { observed, connection };
};

export const refusal = async (url: string, more: Partial<AriSourceOptions> = {}): Promise<RollcallError> => {
  const error = await connect(url, more).then(
    ({ connection }) => {
      connection.close();
      return new Error('it connected');
    },
    (thrown) => thrown,
  );
  if (!isRollcallError(error)) throw error;
  expect(error.line).not.toContain(SECRET);
  return error;
};

export const scripted = (more: Partial<Script> = {}) => scriptedAri({ answers: healthy(), ...more });
export const created = (id: string) => ({
  type: 'ChannelCreated',
  application: APP,
  channel: { id, name: `Local/${id}` },
});
export const ids = (observed: Observation[]) => observed.map((one) => 'uniqueid' in one && one.uniqueid);

/** Timers that run when the test says so, by their length in milliseconds. */
export const handScheduler = () => {
  const timers = new Set<{ ms: number; task: () => void }>();
  const scheduler: Scheduler = {
    after: (ms, task) => {
      const timer = { ms, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    sleep: () => Promise.reject(new Error('not used')),
  };
  const run = (ms: number): number => {
    const due = [...timers].filter((timer) => timer.ms === ms);
    for (const timer of due) {
      timers.delete(timer);
      timer.task();
    }
    return due.length;
  };
  return { world: { ...systemWorld, scheduler }, run };
};
