import type { ApiOptions } from '@rollcall/api';
import type { SessionReading } from '@rollcall/api/metrics';
import type { Sessions } from './sessions.ts';

/** What the sessions have to tell Prometheus; nothing before there are any. */
export const sessionReadings = (sessions: Sessions | undefined): SessionReading[] =>
  [...(sessions?.byPbx ?? [])].map(([pbx, { status, counters, queued }]) => ({
    pbx,
    state: status.state,
    queued: queued(),
    counters,
  }));

/** What they say of themselves at `/readyz`. */
export const sessionStates = (sessions: Sessions | undefined): ReturnType<ApiOptions['readiness']>['pbxs'] =>
  [...(sessions?.byPbx ?? [])].map(([name, { status, counters }]) => ({ name, ...status, counters }));
