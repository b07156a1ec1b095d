import type { World } from '@rollcall/clock';
import type { RetentionPolicy } from '@rollcall/event-log';
import type { Publisher } from '@rollcall/projection-topic';
import type { DataDir, Projection } from '@rollcall/projector-service/list';
import type { Session } from '../sessions.ts';

/** The parts of a Rollcall that operations work on. */
export type Operated = {
  /** The data directory's path. */
  data: string;
  dir: DataDir;
  projection: Projection;
  /** The PBXs that are followed; undefined where none are, since only this command has the data directory open. */
  sessions: () => ReadonlyMap<string, Session> | undefined;
  /** What is kept of channels that are over; undefined where only this command has the data directory open. */
  retention: RetentionPolicy | undefined;
  /** Undefined where nothing is published. */
  publisher: Pick<Publisher, 'reconcile'> | undefined;
  world: World;
};
