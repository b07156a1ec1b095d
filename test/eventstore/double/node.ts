import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { type Metadata, Server, ServerCredentials, type ServiceError, type sendUnaryData } from '@grpc/grpc-js';
import { appendHandler } from './append.ts';
import { batchAppendHandler } from './batch-append.ts';
import { deleteHandler, tombstoneHandler } from './delete.ts';
import type { Faults } from './faults.ts';
import { readHandler } from './read.ts';
import { notLeader, unauthenticated } from './refusals.ts';
import { createStore, type Store } from './store.ts';

export type Tls = { key: Buffer; cert: Buffer };

export type NodeOptions = {
  /** Shared by the nodes of a cluster. Default: an empty one. */
  store?: Store;
  /** Whether BatchAppend is offered; without it clients append one by one. Default: as servers from 21.10 on, yes. */
  batchAppend?: boolean;
  tls?: Tls;
  /** Names and passwords; without it everybody may do everything, as on a server that runs insecure. */
  users?: Record<string, string>;
  /** Bytes in one append. Default: that of servers up to 24.10, 1 MiB. */
  maxAppendSize?: number;
};

export type Member = { host: string; port: number; leader: boolean; alive: boolean };

export type Node = {
  readonly store: Store;
  readonly faults: Faults;
  readonly maxAppendSize: number;
  readonly port: number;
  running: () => boolean;
  /** The whole cluster as this node sees it; by default itself alone, leading. */
  members: () => Member[];
  /** Why a call is not served here at all: wrong credentials, or not the leader when it asks for the leader. */
  refuse: (metadata: Metadata) => ServiceError | undefined;
  /** Cuts every connection and listens no longer. */
  stop: () => Promise<void>;
  /** Listens again, on the same port, with everything that was written. */
  start: () => Promise<void>;
};

const MiB = 1024 * 1024;

/** A node of EventStoreDB to anybody who speaks its protocol; see the README beside it for what it is not. */
export const startNode = async (options: NodeOptions = {}): Promise<Node> => {
  const { store = createStore(), batchAppend = true, tls, users, maxAppendSize = MiB } = options;
  const faults: Faults = {};
  let server: Server | undefined;
  let port = 0;

  const self = (): Member => ({ host: '127.0.0.1', port, leader: true, alive: server !== undefined });

  const refuse = (metadata: Metadata): ServiceError | undefined => {
    if (users) {
      const [authorization] = metadata.get('authorization');
      const [, basic = ''] = /^Basic (.+)$/.exec(String(authorization ?? '')) ?? [];
      const [, name = '', password] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? [];
      if (!Object.hasOwn(users, name) || users[name] !== password) return unauthenticated();
    }
    if (metadata.get('requires-leader')[0] !== 'true') return undefined;
    const leader = node.members().find((member) => member.leader);
    return leader?.port === port ? undefined : notLeader(leader);
  };

  const listen = async (): Promise<void> => {
    server = new Server({ 'grpc.max_receive_message_length': 64 * MiB });
    server.addService(StreamsService, {
      read: readHandler(node),
      append: answered(node, appendHandler(node)),
      delete: answered(node, deleteHandler(node)),
      tombstone: answered(node, tombstoneHandler(node)),
      batchAppend: batchAppendHandler(node),
    });
    server.addService(ServerFeaturesService, { getSupportedMethods: supportedMethods(batchAppend) });
    server.addService(GossipService, { read: gossipHandler(node) });
    const credentials = tls
      ? ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }])
      : ServerCredentials.createInsecure();
    const listening = server;
    port = await new Promise<number>((resolve, reject) => {
      listening.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
  };

  const node: Node = {
    store,
    faults,
    maxAppendSize,
    get port() {
      return port;
    },
    running: () => server !== undefined,
    members: () => [self()],
    refuse,
    stop: async () => {
      server?.forceShutdown();
      server = undefined;
    },
    start: listen,
  };
  await listen();
  return node;
};

/** A call with one answer: what the handler returns, or the refusal that it throws. */
const answered =
  <C extends { metadata: Metadata }, R>(node: Node, handler: (call: C) => R | Promise<R>) =>
  (call: C, answer: sendUnaryData<R>): void => {
    const work = async (): Promise<R> => {
      const refused = node.refuse(call.metadata);
      if (refused) throw refused;
      return handler(call);
    };
    work().then(
      (response) => answer(null, response),
      (error: ServiceError) => answer(error),
    );
  };

/** Service and method names come in lower case from the real server. */
const supportedMethods =
  (batchAppend: boolean) => (_: unknown, answer: sendUnaryData<InstanceType<typeof features.SupportedMethods>>) => {
    const response = new features.SupportedMethods();
    response.setEventStoreServerVersion('24.10.0');
    for (const method of ['read', 'append', 'delete', 'tombstone', ...(batchAppend ? ['batchappend'] : [])]) {
      const supported = new features.SupportedMethod();
      supported.setServiceName('event_store.client.streams.streams');
      supported.setMethodName(method);
      response.addMethods(supported);
    }
    answer(null, response);
  };

const gossipHandler = (node: Node) => (_: unknown, answer: sendUnaryData<InstanceType<typeof gossip.ClusterInfo>>) => {
  const info = new gossip.ClusterInfo();
  for (const { host, port, leader, alive } of node.members()) {
    const endPoint = new gossip.EndPoint();
    endPoint.setAddress(host);
    endPoint.setPort(port);
    const id = new shared.UUID();
    id.setString(crypto.randomUUID());
    const member = new gossip.MemberInfo();
    member.setInstanceId(id);
    member.setTimeStamp(String(Date.now()));
    member.setHttpEndPoint(endPoint);
    member.setIsAlive(alive);
    member.setState(gossip.MemberInfo.VNodeState[leader ? 'LEADER' : 'FOLLOWER']);
    info.addMembers(member);
  }
  answer(null, info);
};
