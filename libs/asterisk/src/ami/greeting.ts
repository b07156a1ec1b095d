import type { Socket } from 'node:net';
import type { Scheduler } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import { BANNER } from './banner.ts';
import { reason } from './socket.ts';

const MAX_LINE = 100;
const LF = 10;

type Options = { where: string; scheduler: Scheduler; signal: AbortSignal; timeoutMs: number };

/**
 * Waits for the first line that the peer sends. Resolves with all bytes that came so far, banner included, once they begin as
 * Asterisk does; the socket is then paused.
 * @throws PBX_NOT_ASTERISK, PBX_CONNECTION_LOST
 */
export const readGreeting = (socket: Socket, options: Options): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { where, scheduler, signal, timeoutMs } = options;
    let seen: Buffer = Buffer.alloc(0);

    const fail = (error: RollcallError): void => {
      release();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const expected = BANNER.subarray(0, seen.length);
      if (!seen.subarray(0, expected.length).equals(expected)) {
        fail(pbxError.notAsterisk(where, `it says "${printable(seen)}"`));
      } else if (seen.includes(LF)) {
        release();
        socket.pause();
        resolve(seen);
      } else if (seen.length > MAX_LINE) {
        fail(pbxError.notAsterisk(where, `its first line has no end: "${printable(seen)}"`));
      }
    };
    const onTimeout = (): void => {
      const said =
        seen.length === 0 ? 'nothing (as a port that waits for TLS does)' : `no more than "${printable(seen)}"`;
      fail(pbxError.notAsterisk(where, `within ${timeoutMs / 1000} s it says ${said}`));
    };
    const onClose = (): void => fail(pbxError.lost(where, 'it was closed before the PBX said anything'));
    const onError = (error: Error): void => fail(pbxError.lost(where, reason(error)));
    const onAbort = (): void => fail(pbxError.lost(where, 'the attempt was given up'));

    const cancelTimer = scheduler.after(timeoutMs, onTimeout);
    const release = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.off('error', onError);
    };
    socket.on('data', onData);
    socket.on('close', onClose);
    socket.on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });

/** The first line as far as it can be shown. */
const printable = (bytes: Buffer): string =>
  (bytes.toString('latin1').split(/[\r\n]/)[0] ?? '').replace(/[^\x20-\x7e]/g, '.').slice(0, 60);
