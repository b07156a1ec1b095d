import type { World } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import type { KafkaConnection } from '@rollcall/kafka';
import type { TopicNames } from '@rollcall/projection-topic';

export type GroupOptions = {
  /** The brokers of the projection topic. */
  kafka: KafkaConnection;
  log: {
    /** Of this process alone: what it has read of the log, `partition-N/events.db`. */
    dir: string;
    /** Default: rollcall.events. */
    topic?: string;
    /** The brokers of the log. Default: those of the projection topic. */
    kafka?: KafkaConnection;
  };
  world: World;
  /** Default: rollcall.channels and rollcall.status. */
  topics?: TopicNames;
  /** Name of the consumer group. Default: rollcall.projectors. */
  group?: string;
  /** A member that the brokers did not hear of for so long is taken over, in milliseconds. Default: 10 s; Kafka wants 6 s at least. */
  sessionMs?: number;
  /** Milliseconds between two looks at what the projection topic really says. Default: 10 minutes. */
  surveyEveryMs?: number;
  /** Told what needs somebody, and with undefined that all is well again. */
  onProblem?: (problem: RollcallError | undefined) => void;
  /** Told each time that other partitions are kept than before, or one has come to another phase. */
  onPartitions?: (partitions: readonly PartitionState[]) => void;
  /** Told, in one line, what is worth knowing and needs nobody. */
  onWarning?: (line: string) => void;
  /** Ends the group as `stop` does. */
  signal?: AbortSignal;
};

export type PartitionState = {
  partition: number;
  /** `restoring`: its list is being made; `projecting`: it follows the log; `waiting`: it does, and publishes nothing while the group shares out */
  phase: 'restoring' | 'projecting' | 'waiting';
  /** Everything in the log's partition up to here is in the list. */
  position: number;
  /** Everything up to here is on the projection topic; undefined while that is not known. */
  published: number | undefined;
  channels: number;
  /** Streams that wait at an event which cannot be read. */
  setAside: number;
  /** Keys on the projection topic whose record is not Rollcall's. They are left alone. */
  foreign: readonly string[];
  problem: RollcallError | undefined;
};

/** Since the start of this process. */
export type GroupCounters = {
  applied: number;
  /** Events that came again and changed nothing. */
  duplicates: number;
  gaps: number;
  refused: number;
  waiting: number;
  snapshots: number;
  tombstones: number;
  /** Partitions whose list was made. */
  restored: number;
  /** Partitions that were begun again after a failure. */
  restarts: number;
  /** Times that the group shared out the partitions. */
  rebalances: number;
};
