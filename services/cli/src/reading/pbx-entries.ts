import { namedType, type RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import type { Heard } from './note.ts';
import { readSilence, type Silence, silenceText } from './silence.ts';

/** What the PBX's own stream says, among the events of its channel. */
export type PbxEntry = {
  of: 'pbx';
  time: number;
  position: number;
  revision: number;
  source: string;
  type: string;
  note: string;
  /** Of a lost connection. */
  silence?: Silence;
};

/** @param before what the PBX's stream says before `events`: how it was connected then */
export const pbxEntries = async (
  log: EventLog,
  before: readonly RecordedEvent[],
  events: readonly RecordedEvent[],
  context: { now: number; heardAt: (position: number) => Heard },
): Promise<PbxEntry[]> => {
  const entries: PbxEntry[] = [];
  const last = before.findLast(isConnection);
  // Comparisons are of a PBX that is connected.
  let connected = last ? last.type === 'PbxConnected' : before.length > 0;
  for (const [index, event] of events.entries()) {
    const { time, position, revision, source, pbx } = event;
    const entry = { of: 'pbx' as const, time, position, revision, source, type: namedType(event) };
    if (event.type === 'PbxDisconnected') {
      const back = events.slice(index + 1).find(({ type }) => type === 'PbxConnected');
      const silence = await readSilence(log, event, back, context.heardAt(position).recording);
      entries.push({ ...entry, note: silenceText(pbx, silence, context.now), silence });
    } else entries.push({ ...entry, note: noteOf(event, connected) });
    if (isConnection(event)) connected = event.type === 'PbxConnected';
  }
  return entries;
};

const isConnection = ({ type }: RecordedEvent): boolean => type === 'PbxConnected' || type === 'PbxDisconnected';

const noteOf = (event: RecordedEvent, connected: boolean): string => {
  const { pbx } = event;
  switch (event.type) {
    case 'PbxConnected':
      if (connected) return `${pbx} said when it had started`;
      return `connected to ${pbx} by ${event.data.source.toUpperCase()}${event.data.recording ? ', as recorded' : ''}`;
    case 'PbxBooted': {
      const { boot, evidence } = event.data;
      if (evidence === 'first-seen') return `${pbx} is seen for the first time`;
      return `${pbx} restarted: boot ${boot} runs, and no channel of the boot before is left (told from its ${EVIDENCE[evidence]})`;
    }
    case 'Reconciled': {
      const { listed, created, changed, removed } = event.data;
      const changes = `${created} taken over, ${changed} corrected, ${removed} removed`;
      return `compared with ${pbx}'s own list of ${listed}: ${changes}; whatever was still live then is true`;
    }
    case 'Unreadable':
      return `cannot be read: ${event.data.reason}`;
    default:
      return '';
  }
};

const EVIDENCE = {
  'startup-time': 'startup time',
  uptime: 'uptime',
  'uniqueid-counter': 'uniqueids, whose counter began anew',
};
