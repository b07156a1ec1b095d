import { networkOf } from '@rollcall/access';

export type Limits = {
  /** Connections in all. */
  connections: number;
  /** Of one address; of IPv6, of one /64. */
  perAddress: number;
  /** That have not logged in, in all, and of one address; Asterisk allows 50 in all. */
  waiting: number;
  waitingPerAddress: number;
};

const LIMITS: Limits = { connections: 2000, perAddress: 1000, waiting: 500, waitingPerAddress: 50 };

export type Admission = {
  /** Undefined when there is no room: the connection is to be closed at once. */
  enter(address: string): { loggedIn: () => void; leave: () => void } | undefined;
};

/** How many may be connected; whoever has not logged in keeps nobody else from it who comes from elsewhere. */
export const createAdmission = (changed: Partial<Limits> = {}): Admission => {
  const limits = { ...LIMITS, ...changed };
  const all = createTally();
  const waiting = createTally();
  return {
    enter: (from) => {
      const address = networkOf(from);
      const isFull =
        all.total() >= limits.connections ||
        all.of(address) >= limits.perAddress ||
        waiting.total() >= limits.waiting ||
        waiting.of(address) >= limits.waitingPerAddress;
      if (isFull) return undefined;
      all.add(address, 1);
      waiting.add(address, 1);
      let isWaiting = true;
      const loggedIn = (): void => {
        if (isWaiting) waiting.add(address, -1);
        isWaiting = false;
      };
      return {
        loggedIn,
        leave: () => {
          loggedIn();
          all.add(address, -1);
        },
      };
    },
  };
};

const createTally = () => {
  const byAddress = new Map<string, number>();
  let total = 0;
  return {
    total: () => total,
    of: (address: string) => byAddress.get(address) ?? 0,
    add: (address: string, count: number) => {
      total += count;
      const left = (byAddress.get(address) ?? 0) + count;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    },
  };
};
