import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { administer, createPasswords, openAccess } from '@rollcall/access';
import { systemWorld } from '@rollcall/clock';

export const PASSWORD = 'correct horse battery';

/** A directory of its own, whose users cost next to nothing. */
const directory = () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-users-'));
  const { clock, random } = systemWorld;
  const passwords = createPasswords(random, { scheme: 'scrypt', cost: 2 ** 14, blockSize: 1, parallelization: 1 });
  return {
    admin: administer(dir, systemWorld, passwords),
    open: () => openAccess({ dir, clock, random, passwords }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

/** Nobody may log in so far. */
export const noUsers = () => {
  const { admin, open, remove } = directory();
  return { admin, access: open(), remove };
};

export const someUsers = async () => {
  const { admin, open, remove } = directory();
  await admin.addUser({ name: 'reader', role: 'read', password: PASSWORD });
  await admin.addUser({ name: 'operator', role: 'operate', password: PASSWORD });
  await admin.addUser({ name: 'bound', role: 'read', password: PASSWORD, pbxs: ['pbx-a'] });
  return {
    admin,
    // Opened when they are there: one that is open sees others within a second only.
    access: open(),
    remove,
    tokens: {
      reader: admin.addToken('reader', {}),
      operator: admin.addToken('operator', {}),
      bound: admin.addToken('bound', {}),
      /** Of one who may operate, and may only read itself. */
      lesser: admin.addToken('operator', { role: 'read' }),
    },
  };
};

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
