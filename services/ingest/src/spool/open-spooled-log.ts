import type { World } from '@rollcall/clock';
import { errorLine, RollcallError } from '@rollcall/errors';
import { backoff } from '../backoff.ts';
import type { IngestLog } from '../ingest-log.ts';
import type { SpoolBounds } from './bounds.ts';
import { openSpool } from './spool.ts';
import { createSpooled, type Say, type Spooled } from './spooled.ts';

/** A log on another machine. */
export type RemoteLog = IngestLog & { close(): Promise<void> };

export type SpooledLogOptions<L extends RemoteLog> = {
  /** Opens the remote log; called again as long as it is away. */
  open: () => Promise<L>;
  /** The spool's directory: `DATA/spool`. */
  dir: string;
  bounds: SpoolBounds;
  world: World;
  say: Say;
  /** Ends the waiting for the log. */
  signal: AbortSignal;
  /** How long the log may take to answer before it counts as away, in milliseconds. */
  patience?: number;
};

export type SpooledLog<L extends RemoteLog> = Omit<Spooled, 'drained'> & {
  /** What `open` gave, for everybody who reads: what waits in the spool is not in it yet. */
  remote: L;
};

/**
 * Opens a remote log with a spool before it. Resolves once the log is open and has everything that waited from the last time; with the
 * log away it waits, and says so.
 * @throws what `open` throws when waiting does not mend it; DATA_DIR_IN_USE and the like of the spool; START_ABANDONED when `signal` aborts
 */
export const openSpooledLog = async <L extends RemoteLog>(options: SpooledLogOptions<L>): Promise<SpooledLog<L>> => {
  const { dir, bounds, world, say, signal, patience } = options;
  const spool = await openSpool({ dir, world, maxBytes: bounds.maxBytes, warn: say.warn });
  let remote: L;
  try {
    remote = await openRemote(options);
  } catch (error) {
    await spool.close();
    throw error;
  }
  const spooled = createSpooled({
    log: remote,
    spool,
    bounds,
    world,
    say,
    ...(patience === undefined ? {} : { patience }),
  });
  const close = async (): Promise<void> => {
    await spooled.close();
    await remote.close();
  };
  const abandon = (): void => void spooled.close();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    await spooled.drained();
  } catch {
    await close();
    throw abandoned();
  } finally {
    signal.removeEventListener('abort', abandon);
  }
  const { log, unplaced, state } = spooled;
  return { remote, log, unplaced, state, close };
};

/** Waiting mends these. */
const AWAY = new Set(['LOG_UNAVAILABLE', 'LOG_NOT_LEADER', 'LOG_FULL']);

const openRemote = async <L extends RemoteLog>({ open, world, say, signal }: SpooledLogOptions<L>): Promise<L> => {
  let told: string | undefined;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof RollcallError && AWAY.has(error.code))) throw error;
      const line = errorLine(error);
      if (line !== told) say.warn(`Waiting for the event log; no PBX is connected before. ${line}`);
      told = line;
      await world.scheduler.sleep(backoff(failures, world.random), signal);
    }
  }
  throw abandoned();
};

const abandoned = (): RollcallError =>
  new RollcallError(
    'START_ABANDONED',
    'Rollcall was stopped before the event log could be reached.',
    'Start it again.',
  );
