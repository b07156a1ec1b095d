import type { ChannelList } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { ariList } from './queries.ts';
import { createAriRest } from './rest.ts';
import { type AriTargetOptions, ariTarget } from './target.ts';

/** Asks a PBX's ARI beside another source, without a connection of its own: it hears no events. */
export type AriAsker = {
  /** For people and logs: never a secret. */
  address: string;
  /**
   * What Asterisk's cache by uniqueid lists.
   * @throws RollcallError PBX_UNREACHABLE, PBX_TLS, PBX_NOT_ASTERISK, PBX_LOGIN_REFUSED, PBX_NO_ANSWER
   */
  list(): Promise<ChannelList>;
};

export type AriAskerOptions = AriTargetOptions & {
  world: World;
  /** Milliseconds until the list must be there: 60 s unless said otherwise. */
  deadline?: number;
};

const NO_VARIABLES: ReadonlySet<string> = new Set();

export const ariAsker = ({ world, deadline = 60_000, ...options }: AriAskerOptions): AriAsker => {
  const target = ariTarget(options);
  const rest = createAriRest(target, world.scheduler);
  return { address: target.where, list: () => ariList({ target, rest, deadline }, NO_VARIABLES) };
};
