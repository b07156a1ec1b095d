import { Duplex } from 'node:stream';
import { systemWorld } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { createTurns } from '../turns.ts';
import { createWriter } from './writer.ts';

test('who reads as fast as he is answered leaves others their turn', async () => {
  const { clock, scheduler } = systemWorld;
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(), highWaterMark: 1 << 30 });
  const send = createWriter(socket, scheduler, createTurns({ clock, scheduler }));
  let othersHadTheirs = false;
  setTimeout(() => {
    othersHadTheirs = true;
  }, 0);
  const piece = 'x'.repeat(64 * 1024);
  const endless = function* () {
    for (let pieces = 0; pieces < 5_000 && !othersHadTheirs; pieces++) yield piece;
  };
  await send(endless());
  expect(othersHadTheirs).toBe(true);
});
