import type { NameTable } from './names.ts';
import { startsWith } from './names.ts';

const VARIABLE = Buffer.from('Variable: ');
const LF = 10;
const CR = 13;

/**
 * Is the VarSet at bytes[start, end) about a wanted variable? Half of a busy feed is VarSet, nearly all of it unwanted, so only its
 * last two lines are looked at: Variable and Value (Asterisk 16 to 23). An event of another shape counts as wanted, to be read whole.
 */
export const isWantedVariable = (bytes: Buffer, start: number, end: number, wanted: NameTable): boolean => {
  const value = lineBefore(bytes, start, end);
  const variable = lineBefore(bytes, start, value);
  if (!startsWith(bytes, variable, value, VARIABLE)) return true;
  const last = bytes[value - 2] === CR ? value - 2 : value - 1;
  return wanted.find(bytes, variable + VARIABLE.length, last) >= 0;
};

/** Beginning of the line that ends at `end`. */
const lineBefore = (bytes: Buffer, start: number, end: number): number => {
  let at = end - 1;
  while (at > start && bytes[at - 1] !== LF) at--;
  return Math.max(at, start);
};
