#!/usr/bin/env node
// Plain JavaScript, so that a Node that is too old for the rest can still read this far and say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `rollcall needs Node 22.18 or newer, this is ${process.versions.node}. "npm ci" brings its own: use "npx rollcall" or "npm start".\n`,
  );
  process.exit(1);
}
const { main } = await import('../src/main.ts');
await main(process.argv.slice(2));
