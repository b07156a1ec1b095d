import type { Scheduler } from '@rollcall/clock';
import { pbxError } from '../errors.ts';
import type { AmiSession } from './session.ts';

/** Ends a connection over which nothing comes any more: after `everyMs` of silence the PBX is asked for a sign of life. */
export const keepAlive = (session: AmiSession, where: string, scheduler: Scheduler, everyMs: number): void => {
  let isOver = false;
  let cancel = (): void => {};
  void session.closed.then(() => {
    isOver = true;
    cancel();
  });
  const wait = (): void => {
    if (!isOver) cancel = scheduler.after(everyMs, check);
  };
  const check = (): void => {
    if (session.bytesHeard() > 0) wait();
    else session.ask({ Action: 'Ping' }).then(answered, unanswered);
  };
  const answered = (): void => {
    session.bytesHeard();
    wait();
  };
  const unanswered = (): void => session.abandon(pbxError.lost(where, 'the PBX no longer answers'));
  wait();
};
