import type { Observation } from '@rollcall/channel';
import type { Dice } from './dice.ts';
import type { VirtualWorld } from './world.ts';

/** The bytes between the PBX and one connection of Rollcall: in order, in chunks that hold whatever came together. */
export type Wire = {
  /** `delivered` runs as its message is read, and settles promises; the observation is handed over with its chunk. */
  send(delivered: () => void, observation?: Observation): void;
  /** On a socket of its own (ARI's answers): in no order with the events. */
  sendBeside(delivered: () => void, observation?: Observation): void;
  /** What is on the wire is lost. */
  cut(): void;
};

type WireOptions = {
  world: VirtualWorld;
  dice: Dice;
  latency: () => number;
  observe: (batch: Observation[]) => void;
};

type Message = { delivered: () => void; observation: Observation | undefined };

export const createWire = ({ world, dice, latency, observe }: WireOptions): Wire => {
  let waiting: Message[] = [];
  let underWay = false;
  let isCut = false;

  const arrive = (messages: Message[]): void => {
    const batch: Observation[] = [];
    for (const { delivered, observation } of messages) {
      delivered();
      if (observation) batch.push(observation);
    }
    if (batch.length > 0) observe(batch);
  };

  return {
    send: (delivered, observation) => {
      if (isCut) return;
      waiting.push({ delivered, observation });
      if (underWay) return;
      underWay = true;
      world.after(dice.float() * latency(), () => {
        underWay = false;
        const messages = waiting;
        waiting = [];
        if (!isCut) arrive(messages);
      });
    },
    sendBeside: (delivered, observation) => {
      world.after(dice.float() * latency(), () => {
        if (!isCut) arrive([{ delivered, observation }]);
      });
    },
    cut: () => {
      isCut = true;
      waiting = [];
    },
  };
};
