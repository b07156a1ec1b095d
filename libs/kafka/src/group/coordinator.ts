import kafkajs, { type Broker, type Cluster } from 'kafkajs';

type Member = { memberId: string; memberMetadata: Buffer };

export type Joined = { generationId: number; leaderId: string; memberId: string; members: Member[] };

/** What the types of kafkajs do not tell of its brokers: the group protocol, which its consumers speak. */
type GroupBroker = {
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<Joined>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  findGroupCoordinator(request: {
    groupId: string;
    coordinatorType: number;
  }): Promise<{ coordinator: { nodeId: number } }>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
};

export type Coordinator = Broker & GroupBroker;

const speaksGroups = (broker: Broker): broker is Coordinator => 'joinGroup' in broker && 'syncGroup' in broker;

const brokerOf = async (cluster: Cluster, node: number): Promise<Coordinator> => {
  const broker = await cluster.findBroker({ nodeId: String(node) });
  if (!speaksGroups(broker)) throw new Error('kafkajs does not speak for groups');
  return broker;
};

/**
 * The broker that looks after a group just now. kafkajs would find it too, and keep to itself why it cannot.
 * @throws what kafkajs throws
 */
export const coordinatorOf = async (cluster: Cluster, groupId: string): Promise<Coordinator> => {
  let failure: unknown = new Error('no broker is known');
  for (const node of cluster.getNodeIds()) {
    try {
      const { coordinator } = await (await brokerOf(cluster, node)).findGroupCoordinator({
        groupId,
        coordinatorType: 0,
      });
      return await brokerOf(cluster, coordinator.nodeId);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

// Node sees only the first few names of this CommonJS package.
const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;

/** As Kafka's own consumers write it, so that Kafka's tools show it; which partitions a member has the state of stands beside. */
export const encodeMember = (topic: string, owned: readonly number[]): Buffer =>
  MemberMetadata.encode({ version: 0, topics: [topic], userData: Buffer.from(JSON.stringify(owned)) });

export const ownedBy = (metadata: Buffer): number[] => {
  try {
    const owned: unknown = JSON.parse(MemberMetadata.decode(metadata)?.userData.toString() ?? '[]');
    return Array.isArray(owned) ? owned.filter(Number.isInteger) : [];
  } catch {
    return [];
  }
};

export const encodeShare = (topic: string, partitions: readonly number[]): Buffer =>
  MemberAssignment.encode({ version: 0, assignment: { [topic]: [...partitions] }, userData: Buffer.alloc(0) });

export const partitionsIn = (topic: string, share: Buffer): number[] =>
  share.length === 0 ? [] : [...(MemberAssignment.decode(share)?.assignment[topic] ?? [])];
