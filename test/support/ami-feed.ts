/** Makes the bytes of an AMI feed as Asterisk sends them, or as it never would. */

export type Value = string | number | Buffer;

/** One message: a line for each header, in their order, and the blank line that ends it. */
export const amiMessage = (headers: Record<string, Value>): Buffer =>
  Buffer.concat([...Object.entries(headers).flatMap(([name, value]) => line(name, value)), CRLF]);

const CRLF = Buffer.from('\r\n');

const line = (name: string, value: Value): Buffer[] => [
  Buffer.from(`${name}: `),
  typeof value === 'object' ? value : Buffer.from(String(value)),
  CRLF,
];

export const amiEvent = (event: string, headers: Record<string, Value> = {}): Buffer =>
  amiMessage({ Event: event, Privilege: 'call,all', ...headers });

/** The line with which a connection begins. */
export const AMI_BANNER = Buffer.from('Asterisk Call Manager/11.0.0\r\n');

/** What every event about a channel carries. */
export type OfChannel = { id: Value; name?: Value; state?: number } & { more?: Record<string, Value> };

/** An event about a channel, with the headers that Asterisk 22 gives it. */
export const channelEvent = (event: string, { id, name = `PJSIP/${id}`, state = 6, more = {} }: OfChannel): Buffer =>
  amiEvent(event, {
    Channel: name,
    ChannelState: state,
    CallerIDNum: '101',
    CallerIDName: 'Alice',
    ConnectedLineNum: '<unknown>',
    ConnectedLineName: '<unknown>',
    Language: 'en',
    AccountCode: '',
    Context: 'default',
    Exten: '600',
    Priority: 1,
    Uniqueid: id,
    Linkedid: id,
    ...more,
  });

export const newchannel = (of: OfChannel): Buffer => channelEvent('Newchannel', of);
/** Proves that the channel exists. */
export const newstate = (of: OfChannel): Buffer => channelEvent('Newstate', of);
/** Proves nothing: Asterisk sends it after Hangup too. */
export const newcallerid = (of: OfChannel): Buffer =>
  channelEvent('NewCallerid', {
    ...of,
    more: { 'CID-CallingPres': '0 (Presentation Allowed, Not Screened)', ...of.more },
  });
export const hangup = (of: OfChannel): Buffer =>
  channelEvent('Hangup', { ...of, more: { Cause: 16, 'Cause-txt': 'Normal Clearing', ...of.more } });
