import type { ReadStream } from 'node:tty';
import { RollcallError } from '@rollcall/errors';
import type { Terminal } from './terminal.ts';

/** More than any secret is long. */
const MAX_LENGTH = 4_096;

/** Where secrets are typed or piped in. */
export type SecretInput = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'pause' | 'resume'> & NodeJS.ReadableStream;

export type SecretAsker = {
  /**
   * On a terminal asked for, twice, without being shown; in a pipe the next line.
   * @throws RollcallError SECRET_MISSING, SECRETS_DIFFER, INTERRUPTED
   */
  ask: (what: string) => Promise<string>;
  close: () => void;
};

/** Secrets come from here alone: what stands on a command line is read by every user of the machine, and kept by the shell. */
export const createSecretAsker = (terminal: Pick<Terminal, 'err'>, input: SecretInput = process.stdin): SecretAsker => {
  const lines = input.isTTY ? undefined : piped(input);
  return {
    ask: async (what) => {
      if (lines) {
        const { value } = await lines.next();
        if (value !== undefined && value !== '') return value;
        throw new RollcallError(
          'SECRET_MISSING',
          `Standard input has no line for the ${what}.`,
          'Pipe one line for each secret, or run this on a terminal.',
        );
      }
      const first = await typed(input, terminal, `${what}: `);
      if ((await typed(input, terminal, `${what}, again: `)) === first) return first;
      throw new RollcallError(
        'SECRETS_DIFFER',
        `The two are not the same ${what}.`,
        'Nothing was changed: run it again.',
      );
    },
    close: () => input.pause(),
  };
};

async function* piped(input: NodeJS.ReadableStream): AsyncGenerator<string, undefined> {
  let rest = '';
  input.setEncoding('utf8');
  for await (const chunk of input) {
    const [first = '', ...others] = `${chunk}`.split('\n');
    rest += first;
    for (const next of others) {
      yield rest.replace(/\r$/, '');
      rest = next;
    }
    if (rest.length > MAX_LENGTH) {
      throw new RollcallError('SECRET_MISSING', 'Standard input has a line that is too long.', 'Pipe one line each.');
    }
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
  return undefined;
}

const typed = (input: SecretInput, terminal: Pick<Terminal, 'err'>, question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text: string[] = [];
    const end = (error?: RollcallError): void => {
      input.setRawMode(false);
      input.off('data', take).pause();
      terminal.err('\n');
      if (error) reject(error);
      else resolve(text.join(''));
    };
    const take = (chunk: Buffer | string): void => {
      for (const key of `${chunk}`) {
        if (key === '\r' || key === '\n') {
          end();
          return;
        }
        if (key === '\x03' || (key === '\x04' && text.length === 0)) {
          end(interrupted());
          return;
        }
        if (key === '\x7f' || key === '\b') text.pop();
        else if (key === '\x15') text = [];
        else if (key >= ' ' && text.length < MAX_LENGTH) text.push(key);
      }
    };
    input.setEncoding('utf8');
    // Before the question: whoever answers at once is not shown either.
    input.setRawMode(true);
    terminal.err(question);
    input.on('data', take).resume();
  });

const interrupted = () => new RollcallError('INTERRUPTED', 'No secret was given.', 'Nothing was changed.');
