import { connect } from 'node:net';
import type { Step } from './ami-conversations.ts';

/**
 * Everything that is answered to `steps`, each sent when nothing has come for `quiet` milliseconds.
 * @param from an address of loopback: failed logins count by address
 */
export const talk = (
  { host, port }: { host: string; port: number },
  steps: readonly Step[],
  { quiet, from }: { quiet: number; from: string },
): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, localAddress: from });
    const left = [...steps];
    let [all, last] = ['', ''];
    let timer: NodeJS.Timeout | undefined;
    const go = (): void => {
      all += last;
      const step = left.shift();
      if (step === undefined || socket.destroyed || socket.readableEnded) {
        socket.destroy();
        resolve(all);
        return;
      }
      all += '>>>\n';
      socket.write(typeof step === 'string' ? step : step(last), 'latin1');
      last = '';
      wait();
    };
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(go, quiet);
    };
    socket.on('data', (data) => {
      last += data.toString('latin1');
      wait();
    });
    socket.on('end', () => {
      last += '[ended]';
    });
    socket.on('error', ({ message }) => {
      last += `[${message}]`;
    });
    wait();
  });
