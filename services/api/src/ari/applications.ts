import type { Clock } from '@rollcall/clock';
import { ariTime } from '@rollcall/listing';
import type { WebSocket } from 'ws';
import type { View } from '../access/view.ts';
import { createBehind } from '../behind.ts';
import { createBridgeMembers } from '../bridge-members.ts';
import { withPresentations } from '../caller-presentation.ts';
import { type AriEvent, ariEvents } from './events.ts';
import { inScope, isFleet, type Scope } from './fleet.ts';
import { asteriskId } from './info.ts';
import type { ApplicationModel } from './models.ts';

type Application = { name: string; scope: Scope; subscribeAll: boolean; socket: WebSocket };

export type Applications = {
  /** A websocket takes over these applications, whoever had them; it is told what happens from now on. */
  connect: (socket: WebSocket, scope: Scope, names: readonly string[], subscribeAll: boolean) => void;
  list: (scope: Scope) => ApplicationModel[];
  readonly sockets: number;
};

/** Bytes that may wait for a websocket that does not read; it is dropped beyond that, never waited for. */
const MOST_WAITING = 4 * 1024 * 1024;

/** The applications of one user's websockets. What happens is followed once for all of them, and only while there is one. */
export const createApplications = ({ cache, join }: View, clock: Clock): Applications => {
  const applications = new Map<string, Application>();
  const sockets = new Set<WebSocket>();
  const behind = createBehind(MOST_WAITING);
  let following: AbortController | undefined;
  const key = (scope: Scope, name: string): string => JSON.stringify([scope.pbx, name]);

  const send = (socket: WebSocket, text: string): void => {
    if (behind.isTooFar(socket)) socket.terminate();
    else socket.send(text);
  };

  const tell = (event: AriEvent): void => {
    for (const { name, scope, socket, subscribeAll } of applications.values()) {
      if (subscribeAll && inScope(scope, event.pbx)) send(socket, event.text(name, isFleet(scope, cache)));
    }
  };

  const follow = async (own: AbortController): Promise<void> => {
    try {
      const told = join(own.signal);
      const members = createBridgeMembers(cache);
      for await (const batch of told) {
        for (const one of withPresentations(batch)) {
          for (const event of ariEvents(one, members)) tell(event);
        }
      }
    } catch {
      // What follows would be missing something: whoever connects again begins anew.
      for (const socket of sockets) socket.close(1011);
    } finally {
      if (following === own) following = undefined;
    }
  };

  const leave = (socket: WebSocket): void => {
    sockets.delete(socket);
    behind.left(socket);
    for (const [at, application] of applications) if (application.socket === socket) applications.delete(at);
    if (sockets.size > 0) return;
    following?.abort();
    following = undefined;
  };

  return {
    get sockets() {
      return sockets.size;
    },
    connect: (socket, scope, names, subscribeAll) => {
      sockets.add(socket);
      socket.on('close', () => leave(socket));
      // A client that breaks the protocol or the line ends nothing but its own connection.
      socket.on('error', () => socket.terminate());
      for (const name of names) {
        const former = applications.get(key(scope, name));
        if (former && former.socket !== socket) {
          const asterisk_id = asteriskId(scope, { cache });
          const timestamp = ariTime(clock.now());
          send(
            former.socket,
            JSON.stringify({ type: 'ApplicationReplaced', timestamp, application: name, asterisk_id }),
          );
        }
        // An application that hears everything goes on to, as in Asterisk.
        const all = subscribeAll || former?.subscribeAll === true;
        applications.set(key(scope, name), { name, scope, subscribeAll: all, socket });
      }
      if (following) return;
      following = new AbortController();
      void follow(following);
    },
    list: (scope) =>
      [...applications.values()]
        .filter((one) => one.scope.pbx === scope.pbx)
        .map(({ name, subscribeAll }) => ({
          name,
          channel_ids: subscribeAll ? ['__AST_CHANNEL_ALL_TOPIC'] : [],
          bridge_ids: subscribeAll ? ['__AST_BRIDGE_ALL_TOPIC'] : [],
          endpoint_ids: subscribeAll ? ['__AST_ENDPOINT_ALL_TOPIC'] : [],
          device_names: subscribeAll ? ['__AST_DEVICE_STATE_ALL_TOPIC'] : [],
          events_allowed: [],
          events_disallowed: [],
        })),
  };
};
