#!/usr/bin/env node
// Plain JavaScript, so that a Node that is too old for the rest can still read this far and say so.
import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `rollcall needs Node 22.18 or newer, this is ${process.versions.node}. "npm ci" brings its own: use "npx rollcall" or "npm start".\n`,
  );
  // 1 is an answer of commands such as verify: that the list differs.
  process.exit(2);
}

/** Half of what a short command takes is reading our own code: what was compiled once is kept, where only this user writes. */
const keepCompiled = () => {
  let dir = homedir();
  if (!isAbsolute(dir)) return;
  try {
    for (const name of ['.cache', 'rollcall', 'compiled']) {
      dir = join(dir, name);
      // One by one: where nothing can be made (seen in /proc), Node 26 never ends making all of them at once.
      try {
        mkdirSync(dir, { mode: 0o700 });
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
    }
    module.enableCompileCache(dir);
  } catch {
    // It is only slower.
  }
};

keepCompiled();
const { main } = await import('../src/main.ts');
await main(process.argv.slice(2));
