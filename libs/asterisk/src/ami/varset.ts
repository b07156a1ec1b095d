import type { NameTable } from './names.ts';
import { startsWith } from './names.ts';

const VARIABLE = Buffer.from('Variable: ');
const LF = 10;
const CR = 13;
const UNDERSCORE = 95;

/**
 * Is the VarSet at bytes[start, end) about a wanted variable? Half of a busy feed is VarSet, nearly all of it unwanted, so only its
 * last two lines are looked at: Variable and Value (Asterisk 16 to 23). An event of another shape counts as wanted, to be read whole.
 */
export const isWantedVariable = (bytes: Buffer, start: number, end: number, wanted: NameTable | undefined): boolean => {
  if (wanted === undefined) return false;
  const value = lineBefore(bytes, start, end);
  const variable = lineBefore(bytes, start, value);
  if (!startsWith(bytes, variable, value, VARIABLE)) return true;
  const last = bytes[value - 2] === CR ? value - 2 : value - 1;
  const name = variable + VARIABLE.length;
  if (wanted.find(bytes, name, last) >= 0) return true;
  return (
    bytes[name] === UNDERSCORE && wanted.find(bytes, bytes[name + 1] === UNDERSCORE ? name + 2 : name + 1, last) >= 0
  );
};

/**
 * The wanted name that a VarSet speaks of. A variable set to be inherited is reported with the one or two underscores that it was
 * set with, `__FOO`, though it reads as FOO (16 to 23).
 */
export const wantedName = (variable: string, wanted: ReadonlySet<string>): string | undefined => {
  if (wanted.has(variable)) return variable;
  const bare = variable.replace(/^__?/, '');
  return wanted.has(bare) ? bare : undefined;
};

/** Beginning of the line that ends at `end`. */
const lineBefore = (bytes: Buffer, start: number, end: number): number => {
  let at = end - 1;
  while (at > start && bytes[at - 1] !== LF) at--;
  return Math.max(at, start);
};
