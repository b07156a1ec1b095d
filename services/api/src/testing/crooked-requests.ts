import { BODIES, FRAMES, HANDSHAKE, HEADERS, METHODS, NAMES, PARTS, PATHS, SOCKETS, VALUES } from './crooked-words.ts';

/**
 * Requests that are almost right: built of what the faces know, then some of them bent byte by byte. `login` is what is shown, if
 * anything is.
 */
export const crookedRequests = (random: () => number) => {
  const below = (limit: number): number => Math.floor(random() * limit);
  const one = <Of>(of: readonly Of[]): Of => of[below(of.length)] as Of;
  const some = <Of>(of: readonly Of[], most: number): Of[] => Array.from({ length: below(most + 1) }, () => one(of));

  const straight = (login: string | undefined): string => {
    const socket = random() < 0.05;
    const path = random() < 0.3 ? `/${some(PARTS, 5).join('/')}` : one(socket ? SOCKETS : PATHS);
    const pairs = some(NAMES, 3).map((name) => `${name}=${one(VALUES)}`);
    const query = pairs.length > 0 ? `${path.includes('?') ? '&' : '?'}${pairs.join('&')}` : '';
    const version = random() < 0.95 ? 'HTTP/1.1' : one(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'XTTP/1.1', '']);
    const body = socket ? some(FRAMES, 3).join('') : random() < 0.7 ? '' : one(BODIES);
    const length = socket || body === '' || random() < 0.1 ? [] : [`Content-Length: ${body.length}`];
    const odd = random() < 0.5 ? [] : some(HEADERS, 3);
    const shown = login === undefined ? [] : [login];
    const headers = ['Host: 127.0.0.1', ...shown, ...length, ...(socket ? HANDSHAKE : []), ...odd];
    return `${socket ? 'GET' : one(METHODS)} ${path}${query} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
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
