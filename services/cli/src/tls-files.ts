import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Tls } from '@rollcall/api';
import type { World } from '@rollcall/clock';
import { errorLine, RollcallError } from '@rollcall/errors';

const LOOK_MS = 30_000;
const SOON_MS = 7 * 86_400_000;

export type TlsFiles = {
  current: () => Tls;
  /** Told of each change of the files: certificates are renewed while Rollcall runs. */
  onChange: (apply: (tls: Tls) => void) => void;
  close: () => Promise<void>;
};

/**
 * Certificate and key from their files. A change is in force within half a minute; files that do not fit together, as in the middle of
 * a renewal, change nothing.
 * @throws RollcallError TLS_FILES_WRONG
 */
export const openTlsFiles = (
  files: { cert: string; key: string },
  { clock, scheduler }: World,
  warn: (line: string) => void,
): TlsFiles => {
  const appliers: ((tls: Tls) => void)[] = [];
  let current = read(files);
  let stamp = stampOf(files);
  warnOfExpiry(files.cert, current, clock.now(), warn);
  const look = (): void => {
    cancel = scheduler.after(LOOK_MS, look);
    const at = stampOf(files);
    if (at === stamp) return;
    stamp = at;
    try {
      current = read(files);
      for (const apply of appliers) apply(current);
      warnOfExpiry(files.cert, current, clock.now(), warn);
    } catch (error) {
      warn(`The certificate stays as it was. ${errorLine(error)}`);
    }
  };
  let cancel = scheduler.after(LOOK_MS, look);
  return {
    current: () => current,
    onChange: (apply) => void appliers.push(apply),
    close: async () => cancel(),
  };
};

const read = ({ cert, key }: { cert: string; key: string }): Tls => {
  const tls = { cert: readPem(cert), key: readPem(key) };
  try {
    createSecureContext(tls);
    return tls;
  } catch (error) {
    const why = error instanceof Error && 'reason' in error ? error.reason : 'not PEM';
    throw wrong(`${cert} and ${key} cannot be used together: ${why}`);
  }
};

const readPem = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(`${path} cannot be read: ${error instanceof Error && 'code' in error ? error.code : error}`);
  }
};

const stampOf = ({ cert, key }: { cert: string; key: string }): string =>
  [cert, key].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true })?.mtimeNs ?? '').join('/');

const warnOfExpiry = (path: string, { cert }: Tls, now: number, warn: (line: string) => void): void => {
  const { validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) - now < SOON_MS) warn(`The certificate ${path} is good until ${validTo} only: renew it.`);
};

const wrong = (what: string) =>
  new RollcallError('TLS_FILES_WRONG', `${what}.`, 'Give PEM files of a certificate and its key: tlsCert and tlsKey.');
