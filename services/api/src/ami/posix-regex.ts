/**
 * POSIX extended regular expressions, as `regcomp(REG_EXTENDED | REG_NOSUB)` of the GNU library takes them, matched in time proportional
 * to text and pattern whatever the pattern is: it comes from a client, and must not be able to stop everybody else. So there are no
 * references back (`\1`).
 */

import { END, PLACES, placeAt, SHORTHANDS, START } from './posix-places.ts';

type Node =
  | { kind: 'character'; accepts: (code: number) => boolean; next: number }
  | { kind: 'split'; next: number; other: number }
  | { kind: 'place'; is: number; next: number }
  | { kind: 'match' };

/** What a pattern may grow to; `a{100}` counts a hundred times. */
const MAX_NODES = 300;
const MAX_REPEATS = 255;

/** Tells whether a text has a match in it; undefined where the pattern is none, or is too large. */
export const compilePosix = (pattern: string): ((text: string) => boolean) | undefined => {
  const characters = [...pattern];
  const tree = parse(characters);
  if (!tree) return undefined;
  const nodes: Node[] = [{ kind: 'match' }];
  const start = tree(nodes, 0);
  return nodes.length > MAX_NODES ? undefined : (text) => run(nodes, start, text);
};

/** Adds the nodes of a part, which goes on at `next`; returns where it begins. */
type Part = (nodes: Node[], next: number) => number;

const add = (nodes: Node[], node: Node): number => {
  // One more than allowed tells; what comes after is not kept.
  if (nodes.length > MAX_NODES) return 0;
  nodes.push(node);
  return nodes.length - 1;
};

const parse = (pattern: readonly string[]): Part | undefined => {
  let at = 0;
  let depth = 0;
  const isEnd = (): boolean => at >= pattern.length || pattern[at] === '|' || (pattern[at] === ')' && depth > 0);

  const alternatives = (): Part | undefined => {
    const branches: Part[] = [];
    do {
      if (branches.length > 0) at++;
      const one = branch();
      if (!one) return undefined;
      branches.push(one);
    } while (pattern[at] === '|');
    return (nodes, next) =>
      branches
        .map((one) => one(nodes, next))
        .reduceRight((other, begin) => add(nodes, { kind: 'split', next: begin, other }));
  };

  const branch = (): Part | undefined => {
    const parts: Part[] = [];
    while (!isEnd()) {
      const one = repeated();
      if (!one) return undefined;
      parts.push(one);
    }
    return (nodes, next) => parts.reduceRight((after, part) => part(nodes, after), next);
  };

  const repeated = (): Part | undefined => {
    let part = atom();
    for (;;) {
      const counts = quantifier();
      if (!counts) return part;
      if (!part || counts === 'wrong') return undefined;
      part = repeat(part, counts.least, counts.most);
    }
  };

  const quantifier = (): { least: number; most: number | undefined } | 'wrong' | undefined => {
    const sign = pattern[at];
    if (sign === '*' || sign === '+' || sign === '?') {
      at++;
      return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : undefined };
    }
    if (sign !== '{') return undefined;
    const [whole, least = '', comma, most] = /^\{(\d*)(,?)(\d*)\}/.exec(pattern.slice(at, at + 12).join('')) ?? [];
    if (whole === undefined || whole === '{}') return 'wrong';
    at += whole.length;
    const from = Number(least);
    const to = comma === '' ? from : most === '' ? undefined : Number(most);
    return from > MAX_REPEATS || (to !== undefined && (to < from || to > MAX_REPEATS))
      ? 'wrong'
      : { least: from, most: to };
  };

  const atom = (): Part | undefined => {
    const sign = pattern[at++] ?? '';
    if (sign === '^') return place(START);
    if (sign === '$') return place(END);
    if (sign === '.') return character(() => true);
    if (sign === '[') return bracket();
    if (sign === '*' || sign === '+' || sign === '?' || sign === '{') return undefined;
    if (sign === '(') {
      depth++;
      const inner = depth > 50 ? undefined : alternatives();
      depth--;
      return pattern[at++] === ')' ? inner : undefined;
    }
    return sign === '\\' ? escaped(pattern[at++]) : literal(sign);
  };

  const escaped = (sign: string | undefined): Part | undefined => {
    if (sign === undefined || /[1-9]/.test(sign)) return undefined;
    const [is, accepts] = [PLACES.get(sign), SHORTHANDS.get(sign)];
    return is !== undefined ? place(is) : accepts ? character(accepts) : literal(sign);
  };

  const bracket = (): Part | undefined => {
    const isNot = pattern[at] === '^';
    if (isNot) at++;
    const accepts: ((code: number) => boolean)[] = [];
    for (let first = true; first || pattern[at] !== ']'; first = false) {
      const sign = pattern[at++];
      if (sign === undefined) return undefined;
      if (sign === '[' && pattern[at] === ':') {
        const end = pattern.indexOf(']', at);
        const named = CLASSES.get(pattern.slice(at + 1, end - 1).join(''));
        if (end < 0 || !named || pattern[end - 1] !== ':') return undefined;
        at = end + 1;
        accepts.push((code) => named.test(String.fromCodePoint(code)));
        continue;
      }
      const from = sign.codePointAt(0) ?? 0;
      let to = from;
      if (pattern[at] === '-' && pattern[at + 1] !== ']' && pattern[at + 1] !== undefined) {
        to = pattern[at + 1]?.codePointAt(0) ?? from;
        at += 2;
      }
      if (to < from) return undefined;
      accepts.push((code) => code >= from && code <= to);
    }
    at++;
    return character((code) => accepts.some((one) => one(code)) !== isNot);
  };

  const whole = alternatives();
  return at === pattern.length ? whole : undefined;
};

const CLASSES: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    alpha: /[A-Za-z]/,
    digit: /[0-9]/,
    alnum: /[A-Za-z0-9]/,
    upper: /[A-Z]/,
    lower: /[a-z]/,
    space: /[ \t\n\v\f\r]/,
    blank: /[ \t]/,
    punct: /[!-/:-@[-`{-~]/,
    print: /[ -~]/,
    graph: /[!-~]/,
    xdigit: /[0-9A-Fa-f]/,
  }),
);

const place =
  (is: number): Part =>
  (nodes, next) =>
    add(nodes, { kind: 'place', is, next });

const literal = (sign: string): Part => character((code) => code === sign.codePointAt(0));

const character =
  (accepts: (code: number) => boolean): Part =>
  (nodes, next) =>
    add(nodes, { kind: 'character', accepts, next });

const repeat =
  (part: Part, least: number, most: number | undefined): Part =>
  (nodes, next) => {
    let begin = next;
    if (most === undefined) {
      const loop = add(nodes, { kind: 'split', next: 0, other: next });
      const inner = part(nodes, loop);
      nodes[loop] = { kind: 'split', next: inner, other: next };
      begin = loop;
    }
    for (let i = most ?? least; i > least && nodes.length <= MAX_NODES; i--) {
      begin = add(nodes, { kind: 'split', next: part(nodes, begin), other: next });
    }
    for (let i = 0; i < least && nodes.length <= MAX_NODES; i++) begin = part(nodes, begin);
    return begin;
  };

/** All ways through the nodes at once, one character after the other. */
const run = (nodes: readonly Node[], start: number, text: string): boolean => {
  const marks = new Uint32Array(nodes.length);
  let current: number[] = [];
  let round = 0;
  let isMatched = false;
  const enter = (list: number[], first: number, where: number): void => {
    const open = [first];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (marks[index] === round) continue;
      marks[index] = round;
      const node = nodes[index];
      if (node?.kind === 'match') isMatched = true;
      else if (node?.kind === 'split') open.push(node.other, node.next);
      else if (node?.kind === 'character') list.push(index);
      else if (node && (node.is & where) !== 0) open.push(node.next);
    }
  };
  for (let at = 0; ; ) {
    if (at === 0) {
      round++;
      enter(current, start, placeAt(text, 0));
    }
    if (isMatched || at >= text.length) return isMatched;
    const code = text.codePointAt(at) ?? 0;
    at += code > 0xffff ? 2 : 1;
    round++;
    const next: number[] = [];
    const where = placeAt(text, at);
    for (const index of current) {
      const node = nodes[index];
      if (node?.kind === 'character' && node.accepts(code)) enter(next, node.next, where);
    }
    enter(next, start, where);
    current = next;
  }
};
