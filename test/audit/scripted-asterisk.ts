import {
  type Answers,
  failure,
  listEnd,
  message,
  type Peer,
  type Received,
  startAmi,
  success,
} from '../../libs/asterisk/src/ami/scripted-ami.fixture.ts';

export type Entry = readonly [uniqueid: string, name: string];

/** An AMI whose real channels and whose cache a test decides, one by the other. */
export const scriptedAsterisk = async (more: Answers = {}) => {
  const asterisk = {
    /** What `Status` walks. */
    real: [] as Entry[],
    /** What only CoreShowChannels lists. */
    orphans: [] as Entry[],
    /** Runs when that was asked for, before it is answered. */
    before: {} as { CoreShowChannels?: () => void; Status?: () => void; look?: () => void },
    /** Looks at single channels are not answered. */
    silent: false,
    /** Lists end with a count that is too high. */
    cutOff: false,
  };

  const list = (action: Received, { say }: Peer, event: string, entries: readonly Entry[]): void => {
    say(success(action, '\nEventList: start'));
    for (const entry of entries) say(item(event, entry, `\nDuration: 00:01:00\nActionID: ${action.ActionID}`));
    const items = entries.length + (asterisk.cutOff ? 1 : 0);
    if (event === 'Status') say(listEnd(action, items));
    else
      say(message(`Event: ${event}sComplete\nActionID: ${action.ActionID}\nEventList: Complete\nListItems: ${items}`));
  };

  const ami = await startAmi({
    CoreShowChannels: (action, peer) => {
      asterisk.before.CoreShowChannels?.();
      list(action, peer, 'CoreShowChannel', [...asterisk.real, ...asterisk.orphans]);
    },
    Status: (action, peer) => {
      const { Channel } = action;
      if (Channel === undefined) asterisk.before.Status?.();
      else asterisk.before.look?.();
      if (Channel !== undefined && asterisk.silent) return;
      const found = asterisk.real.filter(([uniqueid]) => Channel === undefined || uniqueid === Channel);
      if (Channel !== undefined && found.length === 0) peer.say(failure(action, 'No such channel'));
      else list(action, peer, 'Status', found);
    },
    ...more,
  });

  const say = (text: string): void => ami.peers.at(-1)?.say(text);
  return Object.assign(asterisk, {
    address: { host: '127.0.0.1', port: ami.port, user: 'rollcall', secret: 'hush' },
    /** What it was asked, in order; a look by its uniqueid. */
    asked: (): string[] =>
      ami.received.flatMap(({ Action, Channel }) =>
        Action === 'Status' || Action === 'CoreShowChannels' ? [Channel ?? Action] : [],
      ),
    /** It begins, and is told of. */
    begins: (...entry: Entry): void => {
      asterisk.real.push(entry);
      say(item('Newchannel', entry));
    },
    tells: (event: 'Newchannel' | 'Newstate' | 'Hangup', ...entry: Entry): void => say(item(event, entry)),
    /** It ends without a word. */
    vanishes: (gone: string): void => {
      asterisk.real = asterisk.real.filter(([uniqueid]) => uniqueid !== gone);
    },
    cut: (): void => {
      for (const { socket } of ami.peers) socket.destroy();
    },
    stop: ami.stop,
  });
};

export type ScriptedAsterisk = Awaited<ReturnType<typeof scriptedAsterisk>>;

const item = (event: string, [uniqueid, name]: Entry, more = ''): string =>
  message(
    `Event: ${event}\nPrivilege: call,all\nChannel: ${name}\nChannelState: 6\nContext: default\nExten: s\nPriority: 1\nUniqueid: ${uniqueid}\nLinkedid: ${uniqueid}${more}`,
  );
