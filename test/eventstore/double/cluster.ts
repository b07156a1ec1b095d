import { type Node, startNode } from './node.ts';
import { createStore } from './store.ts';

export type Cluster = {
  readonly nodes: readonly Node[];
  /** From now on that one leads; undefined: there is none, as during an election. */
  lead: (leader: number | undefined) => void;
  stop: () => Promise<void>;
};

/** Nodes over one store, as if replication took no time; the first one leads. */
export const startCluster = async (size: number): Promise<Cluster> => {
  const store = createStore();
  const nodes: Node[] = [];
  let leader: number | undefined = 0;
  for (let index = 0; index < size; index += 1) nodes.push(await startNode({ store }));
  for (const node of nodes) {
    node.members = () =>
      nodes.map(({ port, running }, index) => ({
        host: '127.0.0.1',
        port,
        leader: index === leader,
        alive: running(),
      }));
  }
  return {
    nodes,
    lead: (next) => {
      leader = next;
    },
    stop: async () => {
      for (const node of nodes) await node.stop();
    },
  };
};
