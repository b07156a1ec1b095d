import { type Received, startAmi } from '../../libs/asterisk/src/ami/scripted-ami.fixture.ts';
import { hangup, newchannel, newstate } from '../support/ami-feed.ts';

const TICK_MS = 20;
/** Ticks from one report of a call to the next; it lives for three of these. */
const STEP = 25;

/** What is to stand in the log of each call, in this order and once. */
export const LIFE = ['ChannelCreated', 'ChannelStateChanged', 'ChannelStateChanged', 'ChannelDestroyed'];

/** A PBX, to anybody who speaks AMI, with so many calls a second. It tells what it saw of who reads it. */
export const startCalls = async (perSecond: number) => {
  const live = new Map<string, { state: number; since: number }>();
  const begun: string[] = [];
  let longestBacklog = 0;
  let lost = 0;

  const status = (action: Received): string => {
    const items = [...live].map(
      ([id, { state }]) =>
        `Event: Status\r\nChannel: PJSIP/${id}\r\nUniqueid: ${id}\r\nLinkedid: ${id}\r\nChannelState: ${state}\r\nActionID: ${action.ActionID}\r\n\r\n`,
    );
    const start = `Response: Success\r\nActionID: ${action.ActionID}\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n`;
    const end = `Event: StatusComplete\r\nActionID: ${action.ActionID}\r\nEventList: Complete\r\nListItems: ${items.length}\r\nItems: ${items.length}\r\n\r\n`;
    return start + items.join('') + end;
  };
  const ami = await startAmi({ Status: (action, peer) => peer.say(status(action)) });

  const tell = (message: Buffer): void => {
    for (const { socket } of ami.peers) {
      if (!socket.writable) continue;
      socket.write(message);
      longestBacklog = Math.max(longestBacklog, socket.writableLength);
    }
  };

  let tick = 0;
  let owed = 0;
  const begin = (): void => {
    const id = `1.${begun.length}`;
    begun.push(id);
    live.set(id, { state: 0, since: tick });
    tell(newchannel({ id, state: 0 }));
  };
  const goOn = (id: string, call: { state: number; since: number }): void => {
    const age = tick - call.since;
    if (age === STEP || age === 2 * STEP) {
      call.state = age === STEP ? 4 : 6;
      tell(newstate({ id, state: call.state }));
    } else if (age === 3 * STEP) {
      live.delete(id);
      tell(hangup({ id, state: 6 }));
    }
  };
  const run = (): void => {
    tick++;
    for (const [id, call] of live) goOn(id, call);
    if (isEnding) return;
    owed += (perSecond * TICK_MS) / 1000;
    for (; owed >= 1; owed--) begin();
  };
  let isEnding = false;
  let timer: NodeJS.Timeout | undefined;

  return {
    port: ami.port,
    /** From now on calls come in. */
    begin: (): void => {
      for (const { socket } of ami.peers) socket.on('close', () => lost++);
      timer = setInterval(run, TICK_MS);
    },
    /** No more calls; those that live end. */
    end: async (): Promise<void> => {
      isEnding = true;
      while (live.size > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      clearInterval(timer);
    },
    stop: (): void => {
      clearInterval(timer);
      ami.stop();
    },
    begun: begun as readonly string[],
    /** As the PBX has it: connections ever made, connections lost while calls came in, and the most that a reader was behind, in bytes. */
    seen: () => ({ connections: ami.peers.length, lost, longestBacklog }),
  };
};
