import { saysYes } from '../yes.ts';

/** Asterisk's classes of events and actions, with their bits (include/asterisk/manager.h, 16 to 23). */
const CLASSES: readonly (readonly [label: string, bits: number])[] = [
  ['system', 1 << 0],
  ['call', 1 << 1],
  ['log', 1 << 2],
  ['verbose', 1 << 3],
  ['command', 1 << 4],
  ['agent', 1 << 5],
  ['user', 1 << 6],
  ['config', 1 << 7],
  ['dtmf', 1 << 8],
  ['reporting', 1 << 9],
  ['cdr', 1 << 10],
  ['dialplan', 1 << 11],
  ['originate', 1 << 12],
  ['agi', 1 << 13],
  ['cc', 1 << 14],
  ['aoc', 1 << 15],
  ['test', 1 << 16],
  ['security', 1 << 17],
  ['message', 1 << 30],
  ['all', 0x7fffffff],
  ['none', 0],
];

export type EventClass = 'system' | 'call' | 'dialplan';

const BITS: Record<EventClass, number> = { system: 1 << 0, call: 1 << 1, dialplan: 1 << 11 };

/** Every class: what a client gets that has not asked for less. */
export const ALL_EVENTS = 0x7fffffff;

export const wants = (mask: number, eventClass: EventClass): boolean => (mask & BITS[eventClass]) !== 0;

/** As C reads it, at 64 bits the most, into 32 bits; below zero it is no mask. */
const asInt = (digits: string): number | undefined => {
  const long = BigInt(digits);
  const mask = Number(BigInt.asIntN(32, long > LONG_MAX ? LONG_MAX : long));
  return mask < 0 ? undefined : mask;
};

const LONG_MAX = (1n << 63n) - 1n;

const FALSE = /^(no|false|n|f|0|off)$/i;

/** `on`, `off`, a number, or names of classes between commas; undefined when nothing is said. What is not known counts for nothing. */
export const eventMask = (text: string): number | undefined => {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return asInt(text);
  if (FALSE.test(text)) return 0;
  if (saysYes(text)) return ALL_EVENTS;
  const names = text.split(',');
  const last = names.pop();
  // All but the last may be cut short: that is how Asterisk compares them.
  const isNamed = (label: string): boolean => label === last || names.some((name) => label.startsWith(name));
  return CLASSES.reduce((mask, [label, bits]) => (isNamed(label) ? mask | bits : mask), 0);
};
