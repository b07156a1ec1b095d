import type { World } from '@rollcall/clock';
import type { AsteriskSource } from '../source.ts';
import { type AriDeadlines, connectAri } from './connect.ts';
import { type AriTargetOptions, ariTarget } from './target.ts';

export type AriSourceOptions = AriTargetOptions & {
  /**
   * Name of the ARI application to listen as. One socket can hold a name: it must be this installation's own, and stay the
   * same, since Asterisk 16 keeps the application of every name that was ever used.
   */
  app: string;
  /** Names of the channel variables to observe. */
  variables: readonly string[];
  world: World;
  deadlines?: AriDeadlines;
};

/** A PBX reached by ARI: the events of all channels on a websocket, lists and second looks by REST. */
export const ariSource = (options: AriSourceOptions): AsteriskSource => {
  const target = ariTarget(options);
  return {
    source: 'ari',
    address: target.where,
    connect: (connect) => connectAri({ ...options, target }, connect),
  };
};
