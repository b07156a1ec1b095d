import type { AsteriskConnection, AsteriskSource } from '@rollcall/asterisk';
import type { Observation } from '@rollcall/channel';
import { errorLine, RollcallError } from '@rollcall/errors';
import type { AsteriskGhosts } from './asterisk-ghosts.ts';
import { type Connected, createConnected } from './connected.ts';
import { sessionError } from './errors.ts';
import { createReconciler } from './reconciler.ts';
import type { PbxStatus, SessionOptions } from './session-options.ts';
import { createWorkQueue } from './work-queue.ts';
import type { Writer } from './writer.ts';

export type ServeOptions = {
  session: SessionOptions;
  writer: Writer;
  ghosts: AsteriskGhosts;
  report: (status: Partial<PbxStatus>) => void;
  connected: (connected: Connected) => void;
  /** Aborts when what the writer knows is not what the log has. */
  startOver: AbortSignal;
};

/** One connection, from the attempt to its end. */
export const serve = async (serving: ServeOptions): Promise<{ reason: RollcallError; wasLive: boolean }> => {
  const { session: options, writer, report } = serving;
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
  const closed = connection.closed.then((reason) => {
    ended.abort(reason);
    return reason;
  });
  const close = (): void => connection?.close();
  serving.startOver.addEventListener('abort', close, { once: true });
  if (overflow || serving.startOver.aborted) close();
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
    ghosts: serving.ghosts,
    signal,
    // AMI's Status is the authority. ARI has no better list than that of its cache: what only it knows is marked as found.
    reconciler: createReconciler({ writer, counters, imports: () => true }),
    live: () => {
      wasLive = true;
      report({ state: 'live' });
    },
  });
  serving.connected(connected);
  await connected.run();
  connection.close();
  serving.startOver.removeEventListener('abort', close);
  const reason = overflow
    ? sessionError.overflow(source.address)
    : serving.startOver.aborted
      ? sessionError.unplaced(options.pbx)
      : await closed;
  await disconnected(writer, source, options.signal.aborted ? 'Rollcall was stopped' : reason.message);
  return { reason, wasLive };
};

export const disconnected = (writer: Writer, source: AsteriskSource, reason: string): Promise<void> =>
  writer.recordPbx({ type: 'PbxDisconnected', data: { reason } }, source.source);

const asRollcallError = (error: unknown): RollcallError =>
  error instanceof RollcallError
    ? error
    : new RollcallError('PBX_FAILED', errorLine(error), 'This is a defect of Rollcall: please report it.', {
        cause: error,
      });
