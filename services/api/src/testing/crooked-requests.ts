/** A generator of numbers in [0, 1): the same seed gives the same ones. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'get', ''];
const PARTS = [
  ...['ari', 'v1', 'pbx', 'pbx-a', 'hidden-pbx', 'channels', 'bridges', 'asterisk', 'info', 'applications', 'events'],
  ...['api-docs', 'resources.json', 'channels.json', 'variable', 'operations', 'jobs', 'image', 'verify', 'replay'],
  ...[
    'healthz',
    'readyz',
    'metrics',
    'docs',
    'openapi.json',
    'pbxs',
    'stream',
    'counts',
    'timeline',
    'ws',
    '1.1',
    '1.2',
  ],
  ...['', '.', '..', '%2e%2e', '%00', '%2f', '%zz', '%', '%ff', '%c0%af', '__proto__', 'constructor', '\\', ';', '*'],
];
/** Such as clients ask for. */
const PATHS = [
  ...['/ari/channels', '/ari/channels/1.1', '/ari/channels/1.2', '/ari/bridges', '/ari/asterisk/info', '/ari/events'],
  ...['/ari/channels/1.1/variable', '/ari/api-docs/resources.json', '/pbx/hidden-pbx/ari/channels', '/v1/channels'],
  ...[
    '/v1/channels/1.2',
    '/v1/jobs',
    '/v1/jobs/x/progress',
    '/v1/operations/verify',
    '/v1/image',
    '/v1/pbxs',
    '/readyz',
  ],
  ...['/v1/events', '/v1/openapi.json', '/v1/docs', '/v1/counts', '/metrics', '/healthz', '/', '*'],
];
const NAMES = ['pbx', 'at', 'app', 'subscribeAll', 'api_key', 'variable', 'limit', 'cursor', 'sort', 'fields', 'state'];
const VALUES = [
  ...['pbx-a', 'hidden-pbx', '7', '-10m', '-1', '1e9', '99999999999999999999', 'NaN', 'true', '', '%00', '%ff', '[]'],
  ...['x:y', 'reader', ':', 'a,b,c', 'CHANNEL(state)', '$%7bCDR(x)%7d', '../..', '<script>', "' or 1=1", '{"a":1}'],
];
const HEADERS = [
  ...[
    'Accept: */*',
    'Accept: text/event-stream',
    'Accept-Encoding: gzip, br',
    'If-None-Match: "x"',
    'If-None-Match: *',
  ],
  ...[
    'Last-Event-ID: 7',
    'Last-Event-ID: -1',
    'Range: bytes=0-5',
    'Origin: http://evil.example',
    'Expect: 100-continue',
  ],
  ...['Expect: nonsense', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Cookie: a=b'],
  ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: ari', 'X-Forwarded-For: 127.0.0.1'],
  ...['X-HTTP-Method-Override: DELETE', 'Content-Type: application/json', 'Content-Type: text/plain', 'X: \xff\xfe'],
  ...[
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Content-Length: 99999999',
    'Content-Length: -1',
    'Host: other',
  ],
  ...['Authorization: Basic', 'Authorization: Basic Og==', 'Authorization: Bearer rc_0', 'Authorization: Digest a="b"'],
];
const BODIES = [
  '',
  'hello',
  '{}',
  '{"full":true}',
  '{"__proto__":{"x":1}}',
  '[[[[[[',
  '5\r\nhello\r\n0\r\n\r\n',
  'zz\r\n',
];

/**
 * Requests that are almost right: built of what the faces know, then some of them bent byte by byte. `login` is what is shown, if
 * anything is.
 */
export const crookedRequests = (random: () => number) => {
  const below = (limit: number): number => Math.floor(random() * limit);
  const one = <Of>(of: readonly Of[]): Of => of[below(of.length)] as Of;
  const some = <Of>(of: readonly Of[], most: number): Of[] => Array.from({ length: below(most + 1) }, () => one(of));

  const straight = (login: string | undefined): string => {
    const path = random() < 0.5 ? one(PATHS) : `/${some(PARTS, 5).join('/')}`;
    const pairs = some(NAMES, 3).map((name) => `${name}=${one(VALUES)}`);
    const query = pairs.length > 0 ? `?${pairs.join('&')}` : '';
    const version = random() < 0.95 ? 'HTTP/1.1' : one(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'XTTP/1.1', '']);
    const body = random() < 0.7 ? '' : one(BODIES);
    const length = body === '' || random() < 0.1 ? [] : [`Content-Length: ${body.length}`];
    const odd = random() < 0.5 ? [] : some(HEADERS, 3);
    const headers = ['Host: 127.0.0.1', ...(login === undefined ? [] : [login]), ...length, ...odd];
    return `${one(METHODS)} ${path}${query} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
  };

  const bend = (text: string): string => {
    const at = below(text.length + 1);
    const length = below(8);
    switch (below(5)) {
      case 0:
        return text.slice(0, at) + text.slice(at + length);
      case 1:
        return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1);
      case 2:
        return text.slice(0, at) + text.slice(at, at + length).repeat(1 + below(50)) + text.slice(at);
      case 3:
        return text.slice(0, at) + one(['\r\n', '\n', '\r\n\r\n', '\0', ' ', ':', '%', '\x7f']) + text.slice(at);
      default:
        return text.slice(0, at);
    }
  };

  return (login: string | undefined): string => {
    let text = straight(login);
    while (random() < 0.2) text = bend(text);
    return text;
  };
};
