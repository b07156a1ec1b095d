import type { Access } from '@rollcall/access';
import type { Clock, Scheduler } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';
import type { Logger } from 'pino';
import type { HttpLimits, Timeouts } from './access/limits.ts';
import type { Follow } from './hub.ts';
import type { Metrics } from './metrics/index.ts';
import type { Operating } from './operating.ts';
import type { Readiness } from './readiness.ts';

/** PEM. */
export type Tls = { cert: string; key: string };

export type ApiOptions = {
  cache: CacheReader;
  clock: Clock;
  /** Milliseconds for which a lost PBX's channels stay in the lists. */
  staleAfter: number;
  /** Whether answers of a PBX whose connection is lost say so, or are refused; see docs/faces.md. Default: mark. */
  staleAnswers?: 'mark' | 'refuse';
  /** Host names, in small letters, under which one PBX is served as if it were the only one. */
  hosts?: ReadonlyMap<string, string>;
  readiness: () => Readiness;
  /** The list as it was; see the CLI's `--at`. */
  at: (moment: string) => Promise<{ cache: CacheReader; now: number }>;
  /** What happens, for whoever follows the list. */
  follow: Follow;
  /** The log itself, for what only it can tell; left out where it is not read here. */
  log?: Pick<EventLog, 'head' | 'compactedTo' | 'readStream'>;
  /** What operators may call; not served where it is left out. */
  operating?: Operating;
  /** What is told at `/metrics`; not served where it is left out. */
  metrics?: Metrics;
  /** Hears of every request; none is logged where it is left out. */
  logger?: Pick<Logger, 'debug' | 'info' | 'warn' | 'isLevelEnabled'>;
  /** Users and tokens; where it is left out, nobody is asked for a login. */
  access?: Access;
  /** Ends the connections of who may not be there any more; they stay where it is left out. */
  scheduler?: Scheduler;
  /** Where no login is asked for, whoever reaches it is served; otherwise this machine alone. */
  open?: boolean;
  /** Certificate and key in PEM; without them it is plain HTTP. */
  tls?: Tls;
  /** Addresses of proxies whose word on where a request comes from is taken (`X-Forwarded-For`). */
  trustProxy?: readonly string[];
  /** Origins whose pages may read; none unless given. */
  corsOrigins?: readonly string[];
  /** None where it is left out; those of the HTTP server itself always hold. */
  limits?: HttpLimits;
  timeouts?: Timeouts;
};
