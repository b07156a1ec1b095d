import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export const BANNER = 'Asterisk Call Manager/11.0.0\r\n';

/** An action as it came in: header names and values. */
export type Received = Record<string, string>;

export type Peer = { say: (text: string) => void; socket: Socket };

/** A server on loopback that does as `onConnection` says. */
export const startPeer = async (onConnection: (peer: Peer) => void) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection({ socket, say: (text) => socket.writable && socket.write(text) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connections: () => sockets.size,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

export type Answers = Record<string, (action: Received, peer: Peer) => void>;

/** `\n` stands for Asterisk's line end. */
export const message = (text: string): string => `${text.replaceAll('\n', '\r\n')}\r\n\r\n`;

export const success = ({ ActionID }: Received, more = ''): string =>
  message(`Response: Success\nActionID: ${ActionID}${more}`);

export const failure = ({ ActionID }: Received, why: string): string =>
  message(`Response: Error\nActionID: ${ActionID}\nMessage: ${why}`);

const COMMANDS = ['Status', 'CoreStatus', 'Ping', 'Challenge', 'Login'].map(
  (name) => `${name}: It does.  (Priv: <none>)`,
);

/** How an Asterisk 22 answers whose user has all the rights that are needed, and sees no channel. */
export const ANSWERS: Answers = {
  Challenge: (action, { say }) => say(success(action, '\nChallenge: 12345')),
  Login: (action, { say }) => {
    say(success(action, '\nMessage: Authentication accepted'));
    say(message('Event: FullyBooted\nPrivilege: system,all\nUptime: 10\nStatus: Fully Booted'));
  },
  ListCommands: (action, { say }) => say(success(action, `\n${COMMANDS.join('\n')}`)),
  CoreStatus: (action, { say }) =>
    say(success(action, '\nCoreStartupDate: 2026-11-22\nCoreStartupTime: 15:31:44\nCoreCurrentCalls: 0')),
  CoreSettings: (action, { say }) => say(success(action, '\nAMIversion: 11.0.0\nAsteriskVersion: 22.10.1')),
  Events: (action, { say }) => say(success(action, '\nEvents: On')),
  Ping: (action, { say }) => say(success(action, '\nPing: Pong\nTimestamp: 1.0')),
  Status: (action, { say }) => {
    say(success(action, '\nEventList: start\nMessage: Channel status will follow'));
    say(listEnd(action, 0));
  },
  Logoff: ({ ActionID }, { say, socket }) => {
    say(message(`Response: Goodbye\nActionID: ${ActionID}\nMessage: Thanks for all the fish.`));
    socket.end();
  },
};

export const listItem = ({ ActionID }: Received, uniqueid: string): string =>
  message(
    `Event: Status\nPrivilege: Call\nChannel: SIP/${uniqueid}\nUniqueid: ${uniqueid}\nSeconds: 1\nActionID: ${ActionID}`,
  );

export const listEnd = ({ ActionID }: Received, items: number): string =>
  message(`Event: StatusComplete\nActionID: ${ActionID}\nEventList: Complete\nListItems: ${items}\nItems: ${items}`);

/** An AMI that answers as `ANSWERS`, but for what `answers` say. Remembers every action. */
export const startAmi = async (answers: Answers = {}) => {
  const received: Received[] = [];
  const peers: Peer[] = [];
  const server = await startPeer((peer) => {
    peers.push(peer);
    peer.say(BANNER);
    let rest = '';
    peer.socket.on('data', (chunk) => {
      const blocks = (rest + chunk).split('\r\n\r\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const action: Received = {};
        for (const line of block.split('\r\n')) {
          const colon = line.indexOf(': ');
          action[line.slice(0, colon)] = line.slice(colon + 2);
        }
        received.push(action);
        (answers[action.Action ?? ''] ?? ANSWERS[action.Action ?? ''])?.(action, peer);
      }
    });
  });
  return { ...server, received, peers };
};
