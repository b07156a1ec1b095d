import type { Finding } from '@rollcall/asterisk';
import { type Channel, type PbxAudit, parseStream } from '@rollcall/channel';
import { errorLine } from '@rollcall/errors';
import { createAsteriskGhosts } from './asterisk-ghosts.ts';
import { backoff } from './backoff.ts';
import type { Connected } from './connected.ts';
import { sessionError } from './errors.ts';
import { disconnected, serve } from './serve.ts';
import type { PbxStatus, SessionOptions } from './session-options.ts';
import { unlessAborted } from './unless-aborted.ts';
import { createWriter, type Writer } from './writer.ts';

export type Session = {
  /** Resolves when `signal` has aborted and everything heard is written; rejects when that cannot be. */
  done: Promise<void>;
  /**
   * Sets the PBX's own lists beside ours, repairs ours, and waits until that is done. One at a time: who asks while one is under way gets
   * that one's result. `signal` ends the waiting.
   * @throws RollcallError PBX_NOT_CONNECTED, PBX_CONNECTION_LOST, PBX_NO_ANSWER; AUDIT_ABANDONED when `signal` aborts
   */
  audit(signal?: AbortSignal): Promise<PbxAudit>;
  /**
   * Looks into what bears on following this PBX: clocks, permissions, timeouts, filters, missed hangups.
   * @throws RollcallError PBX_NOT_CONNECTED, PBX_NO_ANSWER; EXAMINATION_ABANDONED when `signal` aborts
   */
  examine(signal?: AbortSignal): Promise<Finding[]>;
  /** Reports of the PBX that wait for the log. */
  queued(): number;
};

/** Waiting does not heal these. */
const NEEDS_A_PERSON = new Set([
  'PBX_LOGIN_REFUSED',
  'PBX_PERMISSION_MISSING',
  'PBX_NOT_ASTERISK',
  'PBX_TLS',
  'ARI_APP_NOT_SUBSCRIBED',
]);

const WARNINGS = 20;

/** Keeps one PBX connected, and its streams in the log true, until `signal` aborts. */
export const runSession = (options: SessionOptions): Session => {
  const { pbx, source, log, world, signal } = options;
  const ghosts = createAsteriskGhosts({ pbx, log });
  let connected: Connected | undefined;
  let status: PbxStatus = { state: 'connecting', reason: undefined, warnings: [] };
  const report = (next: Partial<PbxStatus>): void => {
    status = { ...status, ...next };
    options.status(status);
  };

  const run = async (live: Channel[]): Promise<void> => {
    let anew = await follow(live, []);
    while (anew && !signal.aborted) anew = await follow([...options.listed()], anew);
  };

  /**
   * Until it is stopped, or the log turns out to lack what was written: then what is known here may be false, and is learnt anew,
   * as after a restart. Returns the streams to be read then.
   */
  const follow = async (live: Channel[], streams: readonly string[]): Promise<string[] | undefined> => {
    const startOver = new AbortController();
    const lacking: string[] = [];
    const unlisten = options.unplaced?.((streams, all) => {
      const ours = streams.filter((stream) => parseStream(stream)?.pbx === pbx);
      lacking.push(...ours);
      if (all || ours.length > 0) startOver.abort();
    });
    let before = status;
    const writer = createWriter({
      ...options,
      canAsk: true,
      suspect: (uniqueid) => connected?.suspect(uniqueid),
      stalled: (error) => {
        if (error && status.reason === undefined) before = status;
        report(error ? { state: 'failed', reason: errorLine(error) } : before);
      },
      refused: (_, error) => warn(errorLine(error)),
    });
    try {
      await writer.load(live, [...(options.setAside?.() ?? []), ...streams]);
      if (writer.pbx?.connected) await disconnected(writer, source, 'Rollcall was not running');
      report({});
      await connectAgainAndAgain(writer, startOver.signal);
    } finally {
      unlisten?.();
    }
    return startOver.signal.aborted ? [...lacking, ...[...writer.live()].map(({ stream }) => stream)] : undefined;
  };

  const connectAgainAndAgain = async (writer: Writer, startOver: AbortSignal): Promise<void> => {
    const over = AbortSignal.any([signal, startOver]);
    for (let failures = 0; !over.aborted; failures++) {
      const { reason, wasLive } = await serve({
        session: options,
        writer,
        ghosts,
        report,
        connected: (now) => {
          connected = now;
        },
        startOver,
      });
      connected = undefined;
      if (signal.aborted) return;
      if (wasLive) failures = 0;
      const needsAPerson = NEEDS_A_PERSON.has(reason.code) || writer.pbx === undefined;
      report({ state: needsAPerson ? 'failed' : 'stale', reason: reason.line, warnings: [] });
      await world.scheduler.sleep(backoff(failures, world.random), over);
    }
  };

  /** Once each, and no more than a person reads. */
  const warn = (line: string): void => {
    if (status.warnings.length < WARNINGS && !status.warnings.includes(line)) {
      report({ warnings: [...status.warnings, line] });
    }
  };

  const present = (): Connected => {
    if (!connected) throw sessionError.notConnected(pbx, source.address, status.reason);
    return connected;
  };
  const audit = async (caller: AbortSignal = signal): Promise<PbxAudit> =>
    unlessAborted(present().audit(), caller, () => sessionError.abandoned(pbx, 'audit'));
  const examine = async (caller: AbortSignal = signal): Promise<Finding[]> =>
    unlessAborted(present().examine(), caller, () => sessionError.abandoned(pbx, 'examination'));

  /** One that fails is counted, and the next one comes in its time. */
  const auditNowAndThen = async (every: number): Promise<void> => {
    while (!signal.aborted) {
      await world.scheduler.sleep(every, signal);
      await connected?.audit().catch(() => {});
    }
  };

  const done = run([...options.listed()]);
  if (options.auditEvery !== undefined) void auditNowAndThen(options.auditEvery);
  return { done, audit, examine, queued: () => connected?.queued() ?? 0 };
};
