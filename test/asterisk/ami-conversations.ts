// What a program may send to AMI, well-formed or not, byte by byte.
import { createHash } from 'node:crypto';
import type { AmiAccess } from './pbx.ts';

/** What is sent next; of what was answered last, where that matters. */
export type Step = string | ((answered: string) => string);
export type Conversation = { name: string; steps: readonly Step[] };

const request = (...headers: string[]): string => `${headers.map((one) => `${one}\r\n`).join('')}\r\n`;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `X${index}: 1`);

const PING = request('Action: Ping');
/** Whether the connection goes on. */
const AFTER = request('Action: Ping', 'ActionID: after');

/** As a user who may log in, and in other ways. */
const logins = ({ user, secret }: AmiAccess): Record<string, Step[]> => {
  const [name, word] = [`Username: ${user}`, `Secret: ${secret}`];
  const login = (...headers: string[]): string => request('Action: Login', ...headers, 'Events: off');
  const challenge = request('Action: Challenge', 'AuthType: MD5');
  const proved = (answered: string): string => {
    const asked = /Challenge: (\d+)/.exec(answered)?.[1];
    return login(name, 'AuthType: MD5', `Key: ${md5(`${asked}${secret}`)}`);
  };
  return {
    'nothing is said': [],
    'blank lines': ['\r\n\r\n\r\n', PING],
    'no request': ['hello\r\n\r\n', PING],
    'a list before the login': [request('Action: CoreShowChannels', 'ActionID: 7')],
    'what is unknown before the login': [request('Action: Nope', 'ActionID: 7')],
    'no action before the login': [request('ActionID: 7')],
    'leaving before the login': [request('Action: Logoff', 'ActionID: 7'), PING],
    'a challenge': [request('Action: Challenge', 'AuthType: MD5', 'ActionID: 9')],
    'a challenge in small letters': [request('action: challenge', 'authtype: md5')],
    'a challenge of no kind': [request('Action: Challenge')],
    'a challenge of another kind': [request('Action: Challenge', 'AuthType: sha1')],
    'a login of nobody': [request('Action: Login'), PING],
    'a login without a secret': [login(name, 'ActionID: x')],
    'a wrong secret': [login(name, 'Secret: wrong', 'ActionID: x'), PING],
    'a user that is unknown': [login('Username: nobody-here', 'Secret: wrong', 'ActionID: x')],
    'a proof that was not asked for': [login(name, 'AuthType: MD5', `Key: ${'0'.repeat(32)}`)],
    'a proof': [challenge, proved, PING],
    'a wrong proof': [challenge, login(name, 'AuthType: MD5', 'Key: 00')],
    'a challenge that is not answered': [challenge, login(name, 'AuthType: MD5')],
    'a login of a kind that is not known': [login(name, 'AuthType: foo', word)],
    'a login in capitals': [request('ACTION: LOGIN', `USERNAME: ${user}`, `SECRET: ${secret}`, 'EVENTS: OFF'), PING],
    'a login without blanks': [`Action:Login\r\nUsername:${user}\r\nSecret:${secret}\r\nEvents:off\r\n\r\n`],
    'a login with many blanks': [
      `Action:   Login\r\nUsername:   ${user}\r\nSecret:   ${secret}\r\nEvents:  off\r\n\r\n`,
    ],
    'a blank behind the action': [request('Action: Login ', name, word, 'Events: off')],
    'a blank behind the secret': [login(name, `${word} `)],
    'a blank ahead of the action': [request(' Action: Login', name, word, 'Events: off')],
    'a blank ahead of the colon': [request('Action : Login', name, word, 'Events: off')],
    'lines without carriage returns': [login(name, word).replaceAll('\r', ''), 'Action: Ping\n\n'],
    'two logins': [login(name, word), login(name, word), PING],
    'a second login that is wrong': [login(name, word), login(name, 'Secret: wrong'), PING],
    'two users': [login(name, 'Username: foo', word)],
    'two actions': [login('Action: Ping', name, word)],
    'all at once': [
      `${login(name, word)}${request('Action: Ping', 'ActionID: 1')}${request('Action: Logoff', 'ActionID: 2')}${PING}`,
    ],
  };
};

/** By who is logged in. */
const REQUESTS: Record<string, string[]> = {
  'an id with blanks and colons': [request('Action: Ping', 'ActionID: a b:c=d')],
  'an id that is empty': [request('Action: Ping', 'ActionID: ')],
  'two ids': [request('Action: Ping', 'ActionID: 1', 'ActionID: 2')],
  'a long id': [request('Action: Ping', `ActionID: ${'i'.repeat(300)}`)],
  'small letters': [request('action: ping', 'actionid: 5')],
  'a line as long as may be': [request('Action: Ping', `X: ${'y'.repeat(1_019)}`), AFTER],
  'a line that is too long by one': [request('Action: Ping', `X: ${'y'.repeat(1_020)}`), AFTER],
  'a line that is far too long': [request('Action: Ping', `X: ${'y'.repeat(2_997)}`), AFTER],
  'as many headers as may be': [request('Action: Ping', ...many(126), 'ActionID: last'), AFTER],
  'one header too many': [request('Action: Ping', ...many(127), 'ActionID: last'), AFTER],
  'far too many headers': [request('Action: Ping', ...many(199), 'ActionID: last'), AFTER],
  'a request in pieces': ['Action: Pi', 'ng\r\nActionID: 1\r', '\n\r\n'],
  'a line without a colon': [request('Action: Ping', 'nonsense', 'ActionID: 3')],
  'a NUL': ['Action: Ping\r\nX: a\0b\r\nActionID: 3\r\n\r\n'],
  'a blank behind an action': [request('Action: Ping ')],
  'no action': [request('ActionID: 3')],
  'an action that is empty': [request('Action:', 'ActionID: 3')],
  'an unknown action': [request('Action: Foo', 'ActionID: 3')],
  'the beginning of an action': [request('Action: CoreShow')],
  'a page that is asked for': ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', AFTER],
  ...Object.fromEntries(
    ['on', 'off', 'all', 'call,system', 'call, foo', 'yes', '0', '-1', '6', '0x1'].map((mask) => [
      `events ${mask}`,
      [request('Action: Events', `EventMask: ${mask}`, 'ActionID: 1')],
    ]),
  ),
  'events on and off': [request('Action: Events', 'EventMask: on', 'EventMask: off')],
  'an empty list': [request('Action: CoreShowChannels')],
  'an empty list by its id': [request('Action: CoreShowChannels', 'ActionID: 1')],
  'a status': [request('Action: Status', 'ActionID: 1')],
  'the status of an empty name': [request('Action: Status', 'Channel: ', 'ActionID: 1')],
  'a status with variables': [request('Action: Status', 'Variables: A,B', 'ActionID: 1')],
  'a status with all variables': [request('Action: Status', 'AllVariables: true', 'ActionID: 1')],
  'a map of no channel': [request('Action: CoreShowChannelMap', 'ActionID: 1')],
  'a map of a channel that is not there': [request('Action: CoreShowChannelMap', 'Channel: foo', 'ActionID: 1')],
  'a challenge within': [request('Action: Challenge', 'AuthType: MD5')],
  'the end': [request('Action: Logoff', 'ActionID: 1'), PING],
  ...Object.fromEntries(
    [
      ...['core show channels', 'core show channels concise', 'core show channels verbose', 'core show channels count'],
      ...['core show channels junk', 'core show channels concise more', 'CORE Show ChanNels Concise', 'core sh chan'],
      ...[
        '  core   show   channels   concise  ',
        'core\tshow\tchannels\tconcise',
        '"core" "show" "channels" "concise"',
      ],
      ...['', 'foo bar', 'core', 'core show', 'core show channel', 'core show channel foo', 'core show channel a b'],
    ].map((command) => [`command ${JSON.stringify(command)}`, [request('Action: Command', `Command: ${command}`)]]),
  ),
  'two commands': [request('Action: Command', 'Command: core show channels concise', 'Command: core show nothing')],
  'a filter': [request('Action: Filter', 'Operation: Add', 'Filter: Event: Newchannel', 'ActionID: 1')],
  'a filter for nothing': [request('Action: Filter', 'Filter: Event: Newchannel')],
  'a filter of nothing': [request('Action: Filter', 'Operation: Add')],
  'a filter that is empty': [request('Action: Filter', 'Operation: Add', 'Filter: ')],
  'a filter for something else': [request('Action: Filter', 'Operation: Foo', 'Filter: x')],
  'a filter that cannot be read': [request('Action: Filter', 'Operation: Add', 'Filter: (')],
};

/** Everything that is tried, with a user who may log in. */
export const conversations = (access: AmiAccess): Conversation[] => {
  const login = request('Action: Login', `Username: ${access.user}`, `Secret: ${access.secret}`, 'Events: off');
  return [
    ...Object.entries(logins(access)).map(([name, steps]) => ({ name, steps })),
    ...Object.entries(REQUESTS).map(([name, steps]) => ({ name, steps: [login, ...steps] })),
  ];
};
