import type { World } from '@rollcall/clock';
import type { Cluster } from 'kafkajs';
import { clusterOf, createClient } from '../client.ts';
import type { KafkaConnection } from '../connection.ts';
import { type Coordinator, coordinatorOf, encodeMember, encodeShare, ownedBy, partitionsIn } from './coordinator.ts';
import { shareOut } from './share-out.ts';

export type MembershipOptions = {
  kafka: KafkaConnection;
  group: string;
  /** Whose partitions the group shares. */
  topic: string;
  /** A member that the brokers did not hear of for so long is out, in milliseconds. */
  sessionMs: number;
  world: World;
  /** Of which partitions this member has the state: it should get these again. */
  owned: () => readonly number[];
  /** From now on these are this member's, of so many. */
  assigned: (partitions: readonly number[], of: number) => void;
  /** Nothing is this member's any more. Others get it once this has resolved, so nothing may be in flight then. */
  revoked: () => Promise<void>;
  /** The offset behind what is done, by partition: noted with the group, so that Kafka's own tools show how far it is. */
  progress: () => Iterable<readonly [partition: number, offset: number]>;
  /** Told from the second failure in a row on, what it is; and with undefined when this member is in the group. */
  problem: (error: unknown) => void;
};

export type Membership = {
  /**
   * Whether what was assigned is this member's still: false as soon as the brokers may have given it to another one because they did not
   * hear of this one, whatever kept it (the network, a process that was stopped and goes on).
   */
  holds: () => boolean;
  /** Revokes, and says goodbye, so that others take over at once. */
  stop: () => Promise<void>;
};

/** How long the others wait for a member that has to finish what is in flight, in milliseconds. */
const REBALANCE_MS = 60_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;
const GOODBYE_MS = 3_000;
const BEATS_A_SESSION = 6;

/**
 * Membership in a consumer group, and nothing else: kafkajs's consumers would fetch the records too, cannot wait for what is in flight
 * before they give a partition away, beat only between two batches, and stay down after some errors.
 */
export const joinGroup = (options: MembershipOptions): Membership => {
  const { kafka, group, topic, sessionMs, world, owned, assigned, revoked, progress, problem } = options;
  const { clock, scheduler } = world;
  const stopping = new AbortController();
  const { signal } = stopping;
  let memberId = '';
  /** Undefined while this member has no place in the group. */
  let generation: number | undefined;
  let leaseEnd = 0;
  let revoking: Promise<void> | undefined;

  const holds = (): boolean => generation !== undefined && clock.monotonic() < leaseEnd;

  const join = async (cluster: Cluster, coordinator: Coordinator): Promise<void> => {
    const joined = await coordinator.joinGroup({
      groupId: group,
      sessionTimeout: sessionMs,
      rebalanceTimeout: REBALANCE_MS,
      memberId,
      groupProtocols: [{ name: 'rollcall', metadata: encodeMember(topic, owned()) }],
    });
    memberId = joined.memberId;
    await cluster.refreshMetadata();
    const all = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    const sharers = joined.members.map((one) => ({ id: one.memberId, owned: ownedBy(one.memberMetadata) }));
    const shares = joined.leaderId === memberId ? [...shareOut(all, sharers)] : [];
    const sent = clock.monotonic();
    const synced = await coordinator.syncGroup({
      groupId: group,
      generationId: joined.generationId,
      memberId,
      groupAssignment: shares.map(([id, share]) => ({ memberId: id, memberAssignment: encodeShare(topic, share) })),
    });
    generation = joined.generationId;
    leaseEnd = sent + sessionMs;
    problem(undefined);
    if (!signal.aborted) assigned(partitionsIn(topic, synced.memberAssignment), all.length);
  };

  const beat = async (coordinator: Coordinator): Promise<void> => {
    const sent = clock.monotonic();
    await coordinator.heartbeat({ groupId: group, groupGenerationId: generation ?? -1, memberId });
    leaseEnd = sent + sessionMs;
    problem(undefined);
  };

  const note = async (coordinator: Coordinator): Promise<void> => {
    const partitions = [...progress()].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    if (generation === undefined || partitions.length === 0) return;
    const topics = [{ topic, partitions }];
    // For people to look at: nobody begins there.
    await coordinator.offsetCommit({ groupId: group, groupGenerationId: generation, memberId, topics }).catch(() => {});
  };

  const pause = (): Promise<void> => scheduler.sleep(sessionMs / BEATS_A_SESSION, signal);

  /** Beats go on while what is in flight ends: the group waits for who is alive. */
  const revoke = async (coordinator?: Coordinator): Promise<void> => {
    revoking ??= revoked();
    let done = false;
    const beating = async (): Promise<void> => {
      while (coordinator && !done) {
        await beat(coordinator).catch(() => {});
        await Promise.race([revoking, scheduler.sleep(sessionMs / BEATS_A_SESSION)]);
      }
    };
    await Promise.all([revoking.finally(() => (done = true)), beating()]);
    revoking = undefined;
    generation = undefined;
  };

  /** While the connection and the place in the group last. */
  const takePart = async (cluster: Cluster): Promise<void> => {
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const coordinator = await coordinatorOf(cluster, group);
    while (!signal.aborted) {
      if (generation === undefined) await join(cluster, coordinator);
      await beat(coordinator).catch(async (error) => {
        if (typeOf(error) !== 'REBALANCE_IN_PROGRESS') throw error;
        await revoke(coordinator);
      });
      await note(coordinator);
      if (generation !== undefined) await pause();
    }
    await revoke(coordinator);
    await Promise.race([coordinator.leaveGroup({ groupId: group, memberId }), scheduler.sleep(GOODBYE_MS)]);
  };

  const run = async (): Promise<void> => {
    for (let wait = RETRY_FIRST_MS; !signal.aborted; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      const cluster = clusterOf(createClient(kafka, { retries: 2, initialRetryTime: 100, maxRetryTime: 500 }));
      const since = clock.monotonic();
      try {
        await takePart(cluster);
      } catch (error) {
        const type = typeOf(error);
        if (FORGOTTEN.has(type)) memberId = '';
        if (FORGOTTEN.has(type) || OUT.has(type) || clock.monotonic() >= leaseEnd) await revoke();
        if (!OUT.has(type) && !signal.aborted && wait > RETRY_FIRST_MS) problem(error);
        if (clock.monotonic() - since > sessionMs) wait = RETRY_FIRST_MS;
        await scheduler.sleep(wait, signal);
      } finally {
        void cluster.disconnect().catch(() => {});
      }
    }
    await revoke();
  };
  const running = run();

  return {
    holds,
    stop: async () => {
      stopping.abort();
      // A join may wait for others; what is this member's is given up meanwhile.
      await revoke();
      await Promise.race([running, scheduler.sleep(GOODBYE_MS)]);
    },
  };
};

const FORGOTTEN = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);
/** Others have gone on meanwhile: this member joins again. */
const OUT = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']);

const typeOf = (error: unknown): string =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : '';
