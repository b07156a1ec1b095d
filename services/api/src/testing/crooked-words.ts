/** Of what crooked requests are built: what the faces know, and what others would like them to. */
export const METHODS = [
  ...['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'POST', 'PUT', 'DELETE'],
  ...['PATCH', 'TRACE', 'CONNECT', 'get', ''],
];

/** Parts of paths, put together as they come. */
export const PARTS = [
  ...['ari', 'v1', 'pbx', 'pbx-a', 'hidden-pbx', 'channels', 'bridges', 'asterisk', 'info', 'applications', 'events'],
  ...['api-docs', 'resources.json', 'channels.json', 'variable', 'operations', 'jobs', 'image', 'verify', 'replay'],
  ...['healthz', 'readyz', 'metrics', 'docs', 'openapi.json', 'pbxs', 'stream', 'counts', 'timeline', 'ws', 'ping'],
  ...['static', 'index.html', 'progress', 'json', 'yaml', '1.1', '1.2', 'PJSIP%2falice-1', 'panel'],
  ...['', '.', '..', '%2e%2e', '%00', '%2f', '%zz', '%', '%ff', '%c0%af', '__proto__', 'constructor', '\\', ';', '*'],
];

/** Such as clients ask for: each route at least once. */
export const PATHS = [
  ...['/ari', '/ari/channels', '/ari/channels/1.1', '/ari/channels/1.2', '/ari/bridges', '/ari/bridges/x'],
  ...['/ari/channels/1.1/variable', '/ari/asterisk/info', '/ari/asterisk/ping', '/ari/applications'],
  ...['/ari/applications/panel', '/ari/events', '/ari/api-docs/resources.json', '/ari/api-docs/channels.json'],
  ...['/pbx/pbx-a/ari', '/pbx/hidden-pbx/ari/channels', '/pbx/pbx-a/ari/channels/1.1', '/pbx/hidden-pbx/ari/events'],
  ...['/v1/channels', '/v1/channels/pbx-a/1.1', '/v1/channels/hidden-pbx/1.2', '/v1/channels/pbx-a/1.1/timeline'],
  ...['/v1/channels/hidden-pbx/1.2/timeline', '/v1/pbxs', '/v1/pbxs/pbx-a', '/v1/pbxs/hidden-pbx', '/v1/counts'],
  ...['/v1/events', '/v1/events/ws', '/v1/operations/verify', '/v1/operations/replay', '/v1/jobs', '/v1/jobs/x'],
  ...['/v1/jobs/x/progress', '/v1/image', '/v1/openapi.json', '/v1/docs', '/v1/docs/', '/v1/docs/json'],
  ...['/v1/docs/yaml', '/v1/docs/static/index.html', '/v1/docs/static/swagger-initializer.js'],
  ...['/v1/counts?by=state', '/v1/counts?by=pbx', '/v1/channels?limit=1&sort=-name', '/v1/events?after=0'],
  ...[
    '/ari/channels/1.1/variable?variable=CONTEXT',
    '/ari/channels?at=7',
    '/v1/channels?at=7',
    '/v1/channels/pbx-a/1.1?at=7',
  ],
  ...['/v1/docs/static/x.css', '/metrics', '/healthz', '/readyz', '/', '*', 'http://other.example/ari/channels'],
];

/** Where websockets are. */
export const SOCKETS = [
  ...['/ari/events?app=panel', '/ari/events?app=panel,other&subscribeAll=true', '/pbx/pbx-a/ari/events?app=panel'],
  ...['/v1/events/ws', '/v1/events/ws?after=0', '/v1/events/ws?pbx=hidden-pbx', '/ari/channels', '/'],
];

/** Names of query parameters, and what they may be said to be. */
export const NAMES = [
  ...['pbx', 'at', 'app', 'subscribeAll', 'api_key', 'variable', 'limit', 'cursor', 'sort', 'fields', 'state', 'by'],
  ...['after', 'type', 'channel', 'wait-for', 'timeout', 'context', 'search', '__proto__', 'pbx[]', ''],
];
export const VALUES = [
  ...['pbx-a', 'hidden-pbx', '7', '-10m', '-1', '1e9', '99999999999999999999', 'NaN', 'true', '', '%00', '%ff', '[]'],
  ...['x:y', 'reader', ':', 'a,b,c', 'CHANNEL(state)', 'CDR(x)', '../..', '<script>', "' or 1=1", '{"a":1}', '0'],
  ...['state', 'context', 'trunk', '-created', 'name', 'created', '__proto__,constructor', 'panel', '1.1', '1.2'],
];

export const HEADERS = [
  ...['Accept: */*', 'Accept: text/event-stream', 'Accept-Encoding: gzip, br', 'If-None-Match: "x"'],
  ...['If-None-Match: *', 'Last-Event-ID: 7', 'Last-Event-ID: -1', 'Last-Event-ID: \xff', 'Range: bytes=0-5'],
  ...['Origin: http://evil.example', 'Origin: https://panel.example', 'Access-Control-Request-Method: DELETE'],
  ...['Expect: 100-continue', 'Expect: nonsense', 'Upgrade: websocket', 'Upgrade: h2c', 'Connection: Upgrade'],
  ...['Connection: close', 'Connection: keep-alive', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: ari'],
  ...['Cookie: a=b', 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-For: 10.0.0.7', 'X-Forwarded-Host: pbx-a.example'],
  ...['X-HTTP-Method-Override: DELETE', 'Content-Type: application/json', 'Content-Type: text/plain'],
  ...['X: \xff\xfe', 'Transfer-Encoding: chunked', 'Content-Length: 5', 'Content-Length: 99999999'],
  ...['Content-Length: -1', 'Host: other', 'Host: pbx-a.example', 'Host: \xff', 'Authorization: Basic'],
  ...['Authorization: Basic Og==', 'Authorization: Bearer rc_0', 'Authorization: Digest a="b"'],
];

export const BODIES = [
  ...['hello', '{}', '{"full":true}', '{"__proto__":{"x":1}}', '[[[[[[', '"', '{"a":', 'null', '\xff\xfe'],
  ...['5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', 'ffffffffffffffff\r\n', '['.repeat(2_000)],
];

/** What makes a request one for a websocket, and what may be said on it: right frames, and wrong ones. */
export const HANDSHAKE = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
];
export const FRAMES = [
  ...['\x81\x85abcd\x09\x07\x0f\x08\x0e', '\x89\x80abcd', '\x88\x80abcd', '\x81\x05hello', '\xff\xff'],
  ...['\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff', '\x01\x80abcd\x81\x80abcd', '\x82\xfe\xff\xffabcd', '\x83\x80abcd'],
];
