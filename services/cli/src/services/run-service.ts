import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Settings } from '../settings/schema.ts';
import { stopSignal } from '../signals.ts';

/** A part of Rollcall in a process of its own. */
export type Service = {
  /** What is printed once it stands. */
  lines: readonly string[];
  /** Rejects when it cannot go on. */
  failed: Promise<unknown>;
  stop: () => Promise<void>;
};

/**
 * Runs until SIGTERM or SIGINT.
 * @throws what the service fails with; it is stopped then
 */
export const runService = async (
  start: () => Promise<Service>,
  { out, logger }: { out: (text: string) => void; logger: Logger },
): Promise<void> => {
  const stopped = stopSignal();
  const service = await start();
  out(`${service.lines.join('\n')}\n`);
  const never = new Promise<never>(() => {});
  try {
    const signal = await Promise.race([stopped, service.failed.then(() => never)]);
    logger.info(`${signal}: stopping`);
  } finally {
    await service.stop();
  }
};

export const createLogger = ({ logLevel, logFormat }: Pick<Settings, 'logLevel' | 'logFormat'>): Logger =>
  logFormat === 'json'
    ? pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }))
    : pino(
        { level: logLevel },
        pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', singleLine: true }),
      );
