import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { afterAll, describe, expect, test } from 'vitest';
import { pbxSource } from './pbx-source.ts';
import type { PbxSettings } from './schema.ts';

const S = 'hunter2';
const dir = mkdtempSync(join(tmpdir(), 'rollcall-pbx-'));
afterAll(() => rmSync(dir, { recursive: true }));

const file = (text: string): string => {
  const path = join(dir, 'secret');
  writeFileSync(path, text);
  return path;
};

const source = (settings: PbxSettings) =>
  pbxSource({ pbx: 'pbx-a', settings, variables: [], installation: '12345678', world: systemWorld });

const refusal = (settings: PbxSettings): string => {
  try {
    source(settings);
  } catch (error) {
    return errorLine(error);
  }
  throw new Error('It was not refused');
};

describe('a PBX of the settings', () => {
  test.each([
    ['ami://u:s@h', 'ami'],
    ['amis://u:s@h:5039', 'ami'],
    ['ari+http://u:s@[::1]:8088?app=mine', 'ari'],
    ['ari+https://u:s@h/asterisk', 'ari'],
  ])('%s is reached', (url, by) => {
    expect(source({ url })).toMatchObject({ source: by });
    expect(source({ url }).address).not.toContain('u:s');
  });

  test('takes its secret from the first line of a file, whatever it holds', () => {
    for (const text of [S, `${S}\n`, `${S}\r\nmore\n`, `a/b?c#d@e:f[g]%h ü\n`]) {
      expect(source({ url: 'ami://user@h', secretFile: file(text) }).source).toBe('ami');
      expect(source({ url: 'ari+http://user:other@h', secretFile: file(text) }).source).toBe('ari');
    }
  });

  test.each<[string, () => PbxSettings, RegExp]>([
    ['without a secret', () => ({ url: 'ami://user@h' }), /^PBX_ADDRESS: .*pbx-a.* secret is missing/],
    [
      'with an empty secret file',
      () => ({ url: 'ami://user@h', secretFile: file('\nx') }),
      /^PBX_SECRET_MISSING: PBX pbx-a has no secret/,
    ],
    [
      'with a secret file that is not there',
      () => ({ url: 'ami://user@h', secretFile: '/nowhere' }),
      /^PBX_SECRET_MISSING: .*pbx-a.*ENOENT.*secretFile/,
    ],
    [
      'with a control character in its secret file',
      () => ({ url: 'ami://user@h', secretFile: file(`${S}\x07`) }),
      /^PBX_ADDRESS: .*pbx-a.*control character/,
    ],
    [
      'with a certificate that is not there',
      () => ({ url: `amis://u:${S}@h`, caFile: '/nowhere' }),
      /^PBX_CA_FILE: .*pbx-a.*ENOENT.*caFile/,
    ],
    ['of another scheme', () => ({ url: `http://u:${S}@h` }), /^PBX_ADDRESS: .*pbx-a.*ami, amis, ari/],
    ['that is no address', () => ({ url: `u:${S}@h` }), /^PBX_ADDRESS: .*pbx-a/],
    ['with a secret that is not encoded', () => ({ url: `ami://u:${S}/x@h` }), /^PBX_ADDRESS: .*pbx-a/],
    ['with something behind', () => ({ url: `ami://u:${S}@h/x` }), /^PBX_ADDRESS: .*pbx-a.*nothing may follow/],
    ['that is empty', () => ({ url: '' }), /^PBX_ADDRESS: .*pbx-a/],
  ])('%s is refused by its name, and the secret is not repeated', (_, settings, line) => {
    const said = refusal(settings());
    expect(said).toMatch(line);
    expect(said).not.toContain(S);
    expect(said).not.toContain('\n');
  });
});
