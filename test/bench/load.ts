import { connect } from 'node:net';

const END = Buffer.from('\r\n\r\n');

/** How many requests of so many connections are answered, each asking again as soon as it has the whole answer. Reads no more of an answer than its length. */
export const load = async (
  url: string,
  options: { connections: number; ms: number },
): Promise<{ answered: number }> => {
  const { host, hostname, port, pathname, search } = new URL(url);
  const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const until = performance.now() + options.ms;
  let answered = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(request));
      let left = 0;
      let head: Buffer = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        if (left === 0) {
          head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
          const end = head.indexOf(END);
          if (end < 0) return;
          const text = head.toString('latin1', 0, end);
          const length = /content-length: (\d+)/i.exec(text)?.[1];
          if (length === undefined || !text.startsWith('HTTP/1.1 200')) return void reject(new Error(text));
          left = Number(length) - (head.length - end - END.length);
          head = Buffer.alloc(0);
        } else left -= chunk.length;
        if (left > 0) return;
        answered += 1;
        if (performance.now() < until) socket.write(request);
        else socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });
  await Promise.all(Array.from({ length: options.connections }, one));
  return { answered };
};
