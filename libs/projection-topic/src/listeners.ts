import { RollcallError } from '@rollcall/errors';
import type { ChannelSnapshot, PbxSnapshot } from './snapshot.ts';
import type { ChannelChange } from './table.ts';

export type ViewEvents = {
  created: (channel: ChannelSnapshot) => void;
  changed: (channel: ChannelSnapshot, before: ChannelSnapshot) => void;
  /** Gets the channel as it was known last. */
  destroyed: (channel: ChannelSnapshot) => void;
  /** A PBX stands otherwise than before: its channels may be stale, or no longer. Undefined: it is forgotten. */
  pbx: (name: string, pbx: PbxSnapshot | undefined) => void;
};

/** Who listens to a view. A listener that throws keeps nothing from the others; it is told to `warn`. */
export const createListeners = (warn: (warning: RollcallError) => void) => {
  const listeners: { [Event in keyof ViewEvents]: Set<ViewEvents[Event]> } = {
    created: new Set(),
    changed: new Set(),
    destroyed: new Set(),
    pbx: new Set(),
  };

  const each = <Listener>(
    event: keyof ViewEvents,
    all: Iterable<Listener>,
    call: (listener: Listener) => void,
  ): void => {
    for (const listener of all) {
      try {
        call(listener);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : cause;
        warn(new RollcallError('LISTENER_FAILED', `A listener to "${event}" threw: ${why}.`, 'Mend it.', { cause }));
      }
    }
  };

  return {
    /** Returns what ends it. */
    on: <Event extends keyof ViewEvents>(event: Event, listener: ViewEvents[Event]): (() => void) => {
      listeners[event].add(listener);
      return () => void listeners[event].delete(listener);
    },
    tell: (one: ChannelChange): void => {
      if (one.change === 'created') each('created', listeners.created, (listener) => listener(one.channel));
      if (one.change === 'changed') each('changed', listeners.changed, (listener) => listener(one.channel, one.before));
      if (one.change === 'destroyed') each('destroyed', listeners.destroyed, (listener) => listener(one.channel));
    },
    tellPbx: (name: string, pbx: PbxSnapshot | undefined): void =>
      each('pbx', listeners.pbx, (listener) => listener(name, pbx)),
  };
};
