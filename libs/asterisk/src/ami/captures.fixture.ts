import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const DIRECTORY = new URL('../../../../test/captures/', import.meta.url);

/** The AMI bytes of a recorded scenario: see test/captures/README.md. */
export const captured = (scenario: string): Buffer =>
  gunzipSync(readFileSync(new URL(`${scenario}/ami.raw.gz`, DIRECTORY)));

/** The lines of one of its other files. */
export const capturedLines = (scenario: string, file: string): unknown[] =>
  gunzipSync(readFileSync(new URL(`${scenario}/${file}`, DIRECTORY)))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Whole messages of a capture that hold `text`, each with its blank line, as Asterisk sent them. */
export const messagesWith = (bytes: Buffer, text: string): Buffer[] =>
  bytes
    .toString('latin1')
    .split('\r\n\r\n')
    .filter((message) => message.includes(text))
    .map((message) => Buffer.from(`${message.replace(/^\s+/, '')}\r\n\r\n`, 'latin1'));
