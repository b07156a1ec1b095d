const ACTIONS = [
  ...[
    'Login',
    'Logoff',
    'Challenge',
    'Ping',
    'Events',
    'Filter',
    'ListCommands',
    'Command',
    'CoreShowChannels',
    'Status',
  ],
  ...[
    'CoreShowChannelMap',
    'CoreStatus',
    'CoreSettings',
    'Hangup',
    'Originate',
    'Nope',
    '__proto__',
    'constructor',
    'ping\0',
  ],
  ...['toString', '\u202ePing', 'x'.repeat(900), '', ' ', ':', 'Status\rEvent: Forged'],
];
const NAMES = [
  ...[
    'ActionID',
    'Channel',
    'Variables',
    'AllVariables',
    'EventMask',
    'Operation',
    'Filter',
    'MatchCriteria',
    'Command',
  ],
  ...['Username', 'Secret', 'AuthType', 'Key', 'SystemName', 'Events', '__proto__', '', ' ', 'Action', 'A'.repeat(300)],
];
const VALUES = [
  ...[
    'PJSIP/own-1',
    'PJSIP/hidden-1',
    '2.2',
    '1.1',
    'pbx-b',
    'on',
    'off',
    'all',
    '-1',
    '99999999999999999999',
    'Add',
    'MD5',
  ],
  ...[
    'core show channels',
    'core show channels concise',
    'core show channel PJSIP/hidden-1',
    'core show channel __proto__',
    'core show channels constructor',
    'core show channels __proto__',
  ],
  ...[
    '(a+)+$',
    '!(((((',
    '[[:alpha:]',
    '{1,255}{1,255}',
    '.*',
    'name(__proto__)',
    'action(include),method(none)',
    '%n%s%x',
  ],
  ...[
    '__proto__,constructor,EXTEN,CHANNEL',
    'a\rb',
    '\0',
    '\xff\xfe',
    'x'.repeat(1015),
    'y'.repeat(4000),
    '',
    '\u2028',
    '🎉',
  ],
];
const ENDS = ['\r\n', '\r\n', '\r\n', '\n', '\r', '\n\n', '\r\n\r\n', '\r\r\n', '\0\r\n', ''];

/** What a client that is broken, or ill-meaning, may send: some of it nearly right, some of it noise. */
export const hostileBytes = (random: () => number): Buffer => {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  const parts: Buffer[] = [];
  const requests = 1 + Math.floor(random() * 4);
  for (let request = 0; request < requests; request++) {
    const lines = random() < 0.02 ? 140 : Math.floor(random() * 5);
    let text = random() < 0.9 ? `Action: ${pick(ACTIONS)}${random() < 0.9 ? '\r\n' : pick(ENDS)}` : '';
    for (let line = 0; line < lines; line++) {
      text += `${pick(NAMES)}${random() < 0.9 ? ': ' : ''}${pick(VALUES)}${random() < 0.9 ? '\r\n' : pick(ENDS)}`;
    }
    parts.push(Buffer.from(`${text}${random() < 0.9 ? '\r\n' : pick(ENDS)}`));
    if (random() < 0.1) parts.push(Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256))));
  }
  const bytes = Buffer.concat(parts);
  // Single bytes go wrong on the way.
  if (random() < 0.3)
    for (let i = 0; i < 3; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
};
