import type { ChannelFacts } from '@rollcall/channel';
import { type AmiMessage, slotOf } from './message.ts';
import { unescapeC } from './unescape.ts';

const CHANNEL = slotOf('Channel');
const CHANNEL_STATE = slotOf('ChannelState');
const CALLER_NUMBER = slotOf('CallerIDNum');
const CALLER_NAME = slotOf('CallerIDName');
const CONNECTED_NUMBER = slotOf('ConnectedLineNum');
const CONNECTED_NAME = slotOf('ConnectedLineName');
const LANGUAGE = slotOf('Language');
const ACCOUNT_CODE = slotOf('AccountCode');
const CONTEXT = slotOf('Context');
const EXTEN = slotOf('Exten');
const PRIORITY = slotOf('Priority');
const LINKEDID = slotOf('Linkedid');
const TENANTID = slotOf('Tenantid');

/** What the headers say that AMI puts into every event about a channel (Asterisk 16 to 23). An absent header is an absent fact. */
export const channelFacts = (message: AmiMessage, variables: ReadonlySet<string>): ChannelFacts => {
  const facts: ChannelFacts = {};
  put(facts, 'name', message.text(CHANNEL));
  put(facts, 'linkedid', message.text(LINKEDID));
  put(facts, 'state', message.integer(CHANNEL_STATE));
  put(facts, 'callerNumber', known(message.text(CALLER_NUMBER)));
  put(facts, 'callerName', knownName(message.text(CALLER_NAME)));
  put(facts, 'connectedNumber', known(message.text(CONNECTED_NUMBER)));
  put(facts, 'connectedName', knownName(message.text(CONNECTED_NAME)));
  put(facts, 'language', message.text(LANGUAGE));
  put(facts, 'accountCode', message.text(ACCOUNT_CODE));
  put(facts, 'context', message.text(CONTEXT));
  put(facts, 'exten', message.text(EXTEN));
  put(facts, 'priority', message.integer(PRIORITY));
  put(facts, 'tenantid', message.text(TENANTID));
  if (variables.size > 0) put(facts, 'variables', chanVariables(message, variables));
  return facts;
};

/** An absent fact is a key that is not there. */
export const put = <K extends keyof ChannelFacts>(facts: ChannelFacts, fact: K, value: ChannelFacts[K]): void => {
  if (value !== undefined) facts[fact] = value;
};

/** Asterisk prints `<unknown>` where a caller or connected line has no number or name. */
const known = (text: string | undefined): string | null | undefined => (text === '<unknown>' ? null : text);

const knownName = (text: string | undefined): string | null | undefined =>
  text === undefined || text === '<unknown>' ? known(text) : unescapeC(text);

const chanVariables = (message: AmiMessage, wanted: ReadonlySet<string>): Record<string, string> | undefined => {
  let variables: Record<string, string> | undefined;
  for (const text of message.chanVariables()) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals));
    if (equals < 0 || !wanted.has(name)) continue;
    variables ??= {};
    variables[name] = unescapeC(text.slice(equals + 1));
  }
  return variables;
};
