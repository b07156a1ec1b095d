import type { AsteriskConnection, AsteriskSource } from '@rollcall/asterisk';
import type { Channel, Observation } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { errorLine, RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import { backoff } from './backoff.ts';
import { createConnected } from './connected.ts';
import type { IngestCounters } from './counters.ts';
import { createReconciler } from './reconciler.ts';
import { createWorkQueue } from './work-queue.ts';
import { createWriter, type Writer } from './writer.ts';

export type PbxStatus = {
  /**
   * - `connecting`: for the first time
   * - `syncing`: connected; what was live before is being compared with the PBX's list
   * - `live`: the list is the PBX's
   * - `stale`: the connection was lost; it is made again by itself
   * - `failed`: no connection; `reason` says what is wrong. Tried again too, since people mend things
   */
  state: 'connecting' | 'syncing' | 'live' | 'stale' | 'failed';
  reason: string | undefined;
  warnings: string[];
};

export type SessionOptions = {
  pbx: string;
  source: AsteriskSource;
  log: EventLog;
  /** What the log says is live, of all PBXs. */
  live: Iterable<Channel>;
  counters: IngestCounters;
  world: World;
  signal: AbortSignal;
  /** Milliseconds between lists on a healthy connection. */
  reconcileEvery: number;
  /** Milliseconds before a second look: an event on its way may settle it. */
  grace: number;
  /** Reports that may wait to be written; beyond it the connection is given up, and the list compared afterwards. */
  queueLimit: number;
  status: (status: PbxStatus) => void;
};

/** Waiting does not heal these. */
const NEEDS_A_PERSON = new Set([
  'PBX_LOGIN_REFUSED',
  'PBX_PERMISSION_MISSING',
  'PBX_NOT_ASTERISK',
  'PBX_TLS',
  'ARI_APP_NOT_SUBSCRIBED',
]);

/** Keeps one PBX connected, and its streams in the log true, until `signal` aborts. */
export const runSession = async (options: SessionOptions): Promise<void> => {
  const { source, world, signal } = options;
  let suspect: (uniqueid: string) => void = () => {};
  let status: PbxStatus = { state: 'connecting', reason: undefined, warnings: [] };
  const report = (next: Partial<PbxStatus>): void => {
    status = { ...status, ...next };
    options.status(status);
  };
  let before = status;
  const writer = createWriter({
    ...options,
    canAsk: true,
    suspect: (uniqueid) => suspect(uniqueid),
    stalled: (error) => {
      if (error && status.reason === undefined) before = status;
      report(error ? { state: 'failed', reason: errorLine(error) } : before);
    },
  });
  await writer.load(options.live);
  if (writer.pbx?.connected) await disconnected(writer, source, 'Rollcall was not running');
  report({});
  for (let failures = 0; !signal.aborted; failures++) {
    const { reason, wasLive } = await serve(options, writer, report, (ask) => {
      suspect = ask;
    });
    if (signal.aborted) return;
    if (wasLive) failures = 0;
    const needsAPerson = NEEDS_A_PERSON.has(reason.code) || writer.pbx === undefined;
    report({ state: needsAPerson ? 'failed' : 'stale', reason: reason.line, warnings: [] });
    await world.scheduler.sleep(backoff(failures, world.random), signal);
  }
};

const disconnected = (writer: Writer, source: AsteriskSource, reason: string): Promise<void> =>
  writer.recordPbx({ type: 'PbxDisconnected', data: { reason } }, source.source);

/** One connection, from the attempt to its end. */
const serve = async (
  options: SessionOptions,
  writer: Writer,
  report: (status: Partial<PbxStatus>) => void,
  onSuspect: (ask: (uniqueid: string) => void) => void,
): Promise<{ reason: RollcallError; wasLive: boolean }> => {
  const { source, counters } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const queue = createWorkQueue(signal);
  let connection: AsteriskConnection | undefined;
  let overflow = false;
  const observe = (batch: Observation[]): void => {
    // What follows something that was dropped means nothing by itself.
    if (!overflow && queue.length < options.queueLimit) queue.push(batch);
    else {
      overflow = true;
      connection?.close();
    }
  };
  try {
    connection = await source.connect({ observe, signal: options.signal });
  } catch (error) {
    return { reason: asRollcallError(error), wasLive: false };
  }
  const closed = connection.closed.finally(() => ended.abort());
  if (overflow) connection.close();
  const { version, startup, warnings } = connection;
  report({ state: 'syncing', reason: undefined, warnings });
  await writer.bootSign({ sign: 'startup-time', startup });
  await writer.recordPbx({ type: 'PbxConnected', data: { source: source.source, version, startup } }, source.source);

  let wasLive = false;
  const connected = createConnected({
    ...options,
    connection,
    queue,
    writer,
    signal,
    // AMI's Status is the authority. ARI has no better list than that of its cache: what only it knows is marked as found.
    reconciler: createReconciler({ writer, counters, imports: () => true }),
    live: () => {
      wasLive = true;
      report({ state: 'live' });
    },
  });
  onSuspect(connected.suspect);
  await connected.run();
  connection.close();
  const reason = overflow ? tooMuch(source.address) : await closed;
  await disconnected(writer, source, options.signal.aborted ? 'Rollcall was stopped' : reason.message);
  return { reason, wasLive };
};

const asRollcallError = (error: unknown): RollcallError =>
  error instanceof RollcallError
    ? error
    : new RollcallError('PBX_FAILED', errorLine(error), 'This is a defect of Rollcall: please report it.', {
        cause: error,
      });

const tooMuch = (address: string) =>
  new RollcallError(
    'INGEST_OVERFLOW',
    `${address} reports more than can be written, or the log cannot be written.`,
    'Nothing is lost: the lists are compared on return. Check the disk and its room.',
  );
