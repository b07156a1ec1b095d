import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Scheduler } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import { UNREACHABLE } from '../unreachable.ts';
import { type AmiAddress, addressText } from './address.ts';

const KEEP_ALIVE_MS = 15_000;

type Options = { scheduler: Scheduler; signal: AbortSignal; timeoutMs: number };

/**
 * A socket that is connected, with TLS where asked for. Nothing has been read from it.
 * @throws PBX_UNREACHABLE, PBX_TLS, PBX_CONNECTION_LOST when `signal` aborts
 */
export const openSocket = (address: AmiAddress, { scheduler, signal, timeoutMs }: Options): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const where = addressText(address);
    const socket = address.tls ? openTls(address, address.tls) : connectTcp(address.port, address.host);
    let isConnected = false;

    const fail = (error: RollcallError): void => {
      release();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onConnect = (): void => {
      isConnected = true;
    };
    const onReady = (): void => {
      release();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      resolve(socket);
    };
    const onError = (error: NodeJS.ErrnoException): void =>
      fail(isConnected && address.tls ? pbxError.tls(where, tlsReason(error)) : pbxError.refused(where, reason(error)));
    const onClose = (): void => fail(pbxError.tls(where, 'the connection was closed during the handshake'));
    const onAbort = (): void => fail(pbxError.lost(where, 'the attempt was given up'));
    const onTimeout = (): void => {
      const waited = `within ${timeoutMs / 1000} s`;
      fail(
        isConnected ? pbxError.tls(where, `no handshake ${waited}`) : pbxError.refused(where, `no answer ${waited}`),
      );
    };

    const cancelTimer = scheduler.after(timeoutMs, onTimeout);
    const release = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect);
      socket.off(readyEvent, onReady);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const readyEvent = address.tls ? 'secureConnect' : 'connect';
    socket.on('connect', onConnect);
    socket.on(readyEvent, onReady);
    socket.on('error', onError);
    socket.on('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });

const openTls = ({ host, port }: AmiAddress, tls: NonNullable<AmiAddress['tls']>): Socket =>
  connectTls({
    host,
    port,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.rejectUnauthorized !== undefined && { rejectUnauthorized: tls.rejectUnauthorized }),
    ...(isIP(host) === 0 && { servername: host }),
  });

/** Why a socket failed, in one line. */
export const reason = (error: NodeJS.ErrnoException): string => {
  const code = error.code ?? '';
  if (code === 'ECONNRESET') return 'the connection was reset';
  return UNREACHABLE[code] ?? (code || firstLine(error.message));
};

/** OpenSSL puts its source files and thread ids into the message; its reason is the part for people. */
const tlsReason = (error: NodeJS.ErrnoException): string => {
  const openssl = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  if (openssl === 'wrong version number' || openssl === 'packet length too long') return 'the port does not speak TLS';
  return openssl ?? reason(error);
};

/** Node adds advice about its own options after a semicolon. */
const firstLine = (text: string): string => (text.split(/[\n;]/)[0] ?? '').slice(0, 200);
