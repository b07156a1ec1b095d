// Programs as people have them: AMI clients of npm as they come, and Debian's for Perl in ami-client.pl.
import { execFileSync, spawn } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import util from 'node:util';
import { waitFor } from '../support/rollcall-process.ts';
import type { AmiAccess } from './pbx.ts';

/** An event or a list item as the client gives it, its names in small letters. */
export type Block = Record<string, string>;

export type Connected = {
  /** What `CoreShowChannels` lists. */
  listed: Block[];
  /** Every event since the login, in its order, that belongs to no list. */
  events: Block[];
  /** Resolves when the server has ended the connection. */
  logOff: () => Promise<void>;
};

export type AmiClient = { name: string; connect: (access: AmiAccess) => Promise<Connected> };

const require = createRequire(import.meta.url);
// yana was written for a Node that still had it.
Object.assign(util, { isArray: Array.isArray });

const lower = (block: object): Block =>
  Object.fromEntries(Object.entries(block).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** Sorts what comes into the list and the rest; a list is known by its ActionID. */
const sorter = () => {
  const listed: Block[] = [];
  const events: Block[] = [];
  let isComplete = false;
  return {
    ...{ listed, events },
    take: (raw: object): void => {
      const block = lower(raw);
      if (block.event === 'CoreShowChannel') listed.push(block);
      else if (block.event === 'CoreShowChannelsComplete') isComplete = true;
      else if (block.event !== undefined) events.push(block);
    },
    complete: () => waitFor('the list', () => isComplete),
  };
};

type Manager = EventEmitter & {
  action(action: object, callback?: (error: unknown, response: object) => void): void;
  disconnect(callback?: () => void): void;
};

const asteriskManager: AmiClient = {
  name: 'asterisk-manager',
  connect: async ({ host, port, user, secret }) => {
    const open: (...login: unknown[]) => Manager = require('asterisk-manager');
    const manager = open(port, host, user, secret, true);
    const { take, complete, ...seen } = sorter();
    manager.on('managerevent', take);
    manager.action({ action: 'CoreShowChannels' });
    await complete();
    return {
      ...seen,
      logOff: () =>
        new Promise((resolve) => {
          manager.on('close', () => resolve());
          manager.action({ action: 'Logoff' });
        }),
    };
  },
};

type AsteriskAmiClient = EventEmitter & {
  connect(user: string, secret: string, options: object): Promise<unknown>;
  action(action: object, promisable?: boolean): Promise<object>;
};

const asteriskAmiClient: AmiClient = {
  name: 'asterisk-ami-client',
  connect: async ({ host, port, user, secret }) => {
    const Client: new () => AsteriskAmiClient = require('asterisk-ami-client');
    const client = new Client();
    const { take, complete, ...seen } = sorter();
    client.on('event', take);
    await client.connect(user, secret, { host, port });
    await client.action({ Action: 'CoreShowChannels' }, true);
    await complete();
    return {
      ...seen,
      logOff: () =>
        new Promise((resolve) => {
          client.on('disconnect', () => resolve());
          client.action({ Action: 'Logoff' });
        }),
    };
  },
};

type Yana = EventEmitter & {
  connect(callback: () => void): void;
  send(action: object, callback: (message: object) => void): void;
  disconnect(): void;
};

const yana: AmiClient = {
  name: 'yana',
  connect: async ({ host, port, user, secret }) => {
    const Client: new (options: object) => Yana = require('yana');
    const client = new Client({ host, port, login: user, password: secret, events: true });
    const { take, complete, ...seen } = sorter();
    client.on('event', take);
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.connect(resolve);
    });
    client.send({ Action: 'CoreShowChannels' }, () => {});
    await complete();
    return {
      ...seen,
      logOff: () =>
        new Promise((resolve) => {
          client.removeAllListeners('error');
          client.on('error', () => resolve());
          client.on('disconnect', () => resolve());
          client.send({ Action: 'Logoff' }, () => {});
        }),
    };
  },
};

const perl = (module: string): AmiClient => ({
  name: module,
  connect: async ({ host, port, user, secret }) => {
    const script = join(import.meta.dirname, 'ami-client.pl');
    // The secret is not for the eyes of whoever lists processes.
    const child = spawn('perl', [script, module, host, String(port), user], {
      env: { ...process.env, AMI_SECRET: secret },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { take, complete, ...seen } = sorter();
    let said = '';
    let isOver = false;
    child.stderr.on('data', (text) => {
      said += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line)));
    child.on('exit', () => {
      isOver = true;
    });
    await Promise.race([
      complete(),
      waitFor(`${module} to end`, () => isOver, 60_000).then(() => {
        if (child.exitCode !== 0) throw new Error(`${module} ended with ${child.exitCode}: ${said}`);
      }),
    ]);
    // It logs off by itself when the calls that it saw begin are over.
    return {
      ...seen,
      logOff: async () => {
        await waitFor(`${module} to log off`, () => isOver);
        if (child.exitCode !== 0) throw new Error(`${module} ended with ${child.exitCode}: ${said}`);
      },
    };
  },
});

const PERL_MODULES = ['Telephony::Asterisk::AMI', 'Asterisk::Manager'];

/** Undefined when they are installed; elsewhere a reason to skip with, in CI an error. */
export const missingPerl = (): string | undefined => {
  try {
    execFileSync('perl', [...PERL_MODULES.map((module) => `-M${module}`), '-e', '1'], { stdio: 'pipe' });
    return undefined;
  } catch {
    const reason = 'no AMI clients of Perl here: apt-get install libtelephony-asterisk-ami-perl libasterisk-agi-perl';
    if (process.env.CI) throw new Error(reason);
    return reason;
  }
};

export const NODE_CLIENTS: readonly AmiClient[] = [asteriskManager, asteriskAmiClient, yana];
export const PERL_CLIENTS: readonly AmiClient[] = PERL_MODULES.map(perl);
