import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Tls } from '@rollcall/api';
import type { Cancel, World } from '@rollcall/clock';
import { errorLine, RollcallError } from '@rollcall/errors';
import type { Logger } from 'pino';

const LOOK_MS = 10_000;
/** What is being written is left alone: files are taken once they stay the same for so long. */
const SETTLED_MS = 1_000;
const DAY_MS = 86_400_000;
const SOON_MS = 7 * DAY_MS;

type Paths = { cert: string; key: string };

export type TlsFiles = {
  current: () => Tls;
  /** Told of each renewal: certificates are renewed while Rollcall runs. */
  onChange: (apply: (tls: Tls) => void) => void;
  /** Looks at the files now, and takes them as they are. */
  look: () => void;
  close: () => void;
};

/**
 * Certificate and key from their files. What they hold is looked at, not when they were written, so that it is the same whether files are
 * replaced, written over, or links are set to others. A change is in force within eleven seconds. A certificate that cannot be used, or
 * is over already, changes nothing and is warned of once; one in use that is over soon is warned of once a day.
 * @throws RollcallError TLS_FILES_WRONG when they cannot be used at the start
 */
export const openTlsFiles = (
  paths: Paths,
  { clock, scheduler }: Pick<World, 'clock' | 'scheduler'>,
  logger: Pick<Logger, 'info' | 'warn'>,
): TlsFiles => {
  const appliers: ((tls: Tls) => void)[] = [];
  let current = usable(paths, { cert: contentOf(paths.cert), key: contentOf(paths.key) });
  /** What was looked at last, and whether it was taken or refused. */
  let seen = { text: JSON.stringify(current), isJudged: true };
  let warned = Number.NEGATIVE_INFINITY;

  const warnOfEnd = (): void => {
    const [end, now] = [endOf(current), clock.now()];
    if (end - now >= SOON_MS || now - warned < DAY_MS) return;
    warned = now;
    logger.warn(`The certificate ${paths.cert} is good until ${dateOf(end)} only: renew it.`);
  };

  const judge = (read: Tls | RollcallError): void => {
    try {
      if (read instanceof RollcallError) throw read;
      const renewed = usable(paths, read);
      if (endOf(renewed) <= clock.now()) throw wrong(`${paths.cert} was good until ${dateOf(endOf(renewed))} only`);
      current = renewed;
      for (const apply of appliers) apply(current);
      logger.info(`The certificate ${paths.cert} is renewed, and good until ${dateOf(endOf(current))}.`);
      warned = Number.NEGATIVE_INFINITY;
    } catch (error) {
      logger.warn(`The certificate stays as it was. ${errorLine(error)}`);
    }
  };

  const look = async (isSettled: boolean): Promise<void> => {
    const read = await contentsOf(paths);
    const text = read instanceof RollcallError ? read.message : JSON.stringify(read);
    const isSame = text === seen.text;
    if (!isSame) seen = { text, isJudged: false };
    if (!seen.isJudged && (isSame || isSettled)) {
      seen.isJudged = true;
      judge(read);
    }
    warnOfEnd();
  };

  let isClosed = false;
  let cancel: Cancel = () => {};
  let looking: Promise<void> = Promise.resolve();
  /** One look after the other, and the next one soon where something is to be judged. */
  const lookAndGoOn = (isSettled: boolean): void => {
    cancel();
    looking = looking
      .then(() => look(isSettled))
      .then(() => {
        cancel();
        if (!isClosed) cancel = scheduler.after(seen.isJudged ? LOOK_MS : SETTLED_MS, () => lookAndGoOn(false));
      });
  };
  warnOfEnd();
  cancel = scheduler.after(LOOK_MS, () => lookAndGoOn(false));

  return {
    current: () => current,
    onChange: (apply) => void appliers.push(apply),
    look: () => lookAndGoOn(true),
    close: () => {
      isClosed = true;
      cancel();
    },
  };
};

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
};

const contentsOf = async ({ cert, key }: Paths): Promise<Tls | RollcallError> => {
  const read = (path: string) => readFile(path, 'utf8').catch((error) => Promise.reject(unreadable(path, error)));
  try {
    return { cert: await read(cert), key: await read(key) };
  } catch (error) {
    return error instanceof RollcallError ? error : unreadable(cert, error);
  }
};

/** @throws RollcallError TLS_FILES_WRONG; nothing of the files is repeated */
const usable = ({ cert, key }: Paths, tls: Tls): Tls => {
  attempt(`${cert} holds no certificate that can be used`, () => endOf(tls));
  attempt(`${key} holds no key that can be used`, () => createPrivateKey(tls.key));
  attempt(`${cert} and ${key} cannot be used together`, () => createSecureContext(tls));
  return tls;
};

const attempt = (failure: string, use: () => unknown): void => {
  try {
    use();
  } catch (error) {
    const [why = 'not PEM'] = ['reason', 'code'].flatMap((name) =>
      error instanceof Error ? (Reflect.get(error, name) ?? []) : [],
    );
    throw wrong(`${failure}: ${why}`);
  }
};

const endOf = ({ cert }: Tls): number => new X509Certificate(cert).validToDate.getTime();

const dateOf = (time: number): string => new Date(time).toISOString();

const unreadable = (path: string, error: unknown): RollcallError =>
  wrong(`${path} cannot be read: ${error instanceof Error && 'code' in error ? error.code : error}`);

const wrong = (what: string) =>
  new RollcallError('TLS_FILES_WRONG', `${what}.`, 'Give PEM files of a certificate and its key: tlsCert and tlsKey.');
