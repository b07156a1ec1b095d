import { PassThrough, Readable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { createSecretAsker, type SecretInput } from './ask-secret.ts';

const keyboard = () => {
  const raw: boolean[] = [];
  const stream = new PassThrough();
  const input: SecretInput = Object.assign(stream, {
    isTTY: true,
    setRawMode: (mode: boolean) => {
      raw.push(mode);
      return input;
    },
  }) as unknown as SecretInput;
  let shown = '';
  const asker = createSecretAsker({ err: (text) => (shown += text) }, input);
  return {
    asker,
    raw,
    shown: () => shown,
    /** Types once it is asked for. */
    type: async (prompt: string, keys: string) => {
      await vi.waitFor(() => expect(shown.endsWith(prompt)).toBe(true));
      stream.write(keys);
    },
  };
};

const pipe = (...chunks: string[]) => {
  const input = Object.assign(Readable.from(chunks, { objectMode: false }), { isTTY: false }) as unknown as SecretInput;
  return createSecretAsker({ err: () => {} }, input);
};

test('on a terminal it is asked for twice, without being shown, and can be mended while it is typed', async () => {
  const { asker, type, raw, shown } = keyboard();
  const asked = asker.ask('Password');
  await type('Password: ', 'wrong\x15corrext\x7f\x7fct horse\r');
  await type('again: ', 'correct horse\r');
  expect(await asked).toBe('correct horse');
  expect(shown()).toBe('Password: \nPassword, again: \n');
  expect(raw).toEqual([true, false, true, false]);
});

test('two that differ are refused', async () => {
  const { asker, type } = keyboard();
  const asked = expect(asker.ask('Password')).rejects.toMatchObject({ code: 'SECRETS_DIFFER' });
  await type('Password: ', 'one\r');
  await type('again: ', 'other\r');
  await asked;
});

test.each(['\x03', 'half\x03', '\x04'])('%j ends it, and the terminal is as before', async (keys) => {
  const { asker, type, raw } = keyboard();
  const asked = expect(asker.ask('Password')).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await type('Password: ', keys);
  await asked;
  expect(raw).toEqual([true, false]);
});

test('in a pipe each secret is a line', async () => {
  const asker = pipe('fir', 'st\r\nsec', 'ond\nthird');
  expect([await asker.ask('a'), await asker.ask('b'), await asker.ask('c')]).toEqual(['first', 'second', 'third']);
  await expect(asker.ask('d')).rejects.toMatchObject({ code: 'SECRET_MISSING' });
});

test.each([[[]], [['\n']], [['x'.repeat(5_000)]]])('a pipe without a usable line is refused', async (chunks) => {
  await expect(pipe(...chunks).ask('Password')).rejects.toMatchObject({ code: 'SECRET_MISSING' });
});
