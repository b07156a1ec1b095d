import type { AmiEvent } from './events.ts';
import { compilePosix } from './posix-regex.ts';

/** Which events a session lets pass, added one after the other. */
export type Filters = {
  add(filter: { value: string; criteria: string }): 'added' | 'does-not-compile' | 'wrong-form' | 'too-many';
  pass(event: AmiEvent): boolean;
  readonly size: number;
};

type Matches = (event: AmiEvent) => boolean;

/** Each costs time at every event. */
const MAX_FILTERS = 16;

/**
 * Asterisk's `Filter` action: a POSIX regular expression over the whole text of an event, `!` before it to keep such events out (16 to 23);
 * or, with MatchCriteria, `action(include|exclude),name(Event),header(Name),method(regex|exact|starts_with|ends_with|contains|none)`
 * (18.26, 20.11, 21.6, 22.1 and later). With including filters an event must match one of them; an excluding one that matches keeps it out.
 */
export const createFilters = (): Filters => {
  const includes: Matches[] = [];
  const excludes: Matches[] = [];
  return {
    add: ({ value, criteria }) => {
      if (includes.length + excludes.length >= MAX_FILTERS) return 'too-many';
      const form = criteria === '' ? plainForm(value) : criteriaForm(criteria, value);
      if (!form) return 'wrong-form';
      const matches = matcher(form);
      if (!matches) return 'does-not-compile';
      (form.exclude ? excludes : includes).push(matches);
      return 'added';
    },
    get size() {
      return includes.length + excludes.length;
    },
    pass: (event) =>
      (includes.length === 0 || includes.some((matches) => matches(event))) &&
      !excludes.some((matches) => matches(event)),
  };
};

type Form = { exclude: boolean; name?: string; header?: string; method: string; value: string };

const plainForm = (value: string): Form | undefined => {
  const exclude = value.startsWith('!');
  const pattern = exclude ? value.slice(1) : value;
  return pattern === '' ? undefined : { exclude, method: 'regex', value: pattern };
};

const METHODS = new Set(['regex', 'exact', 'starts_with', 'ends_with', 'contains', 'none']);

const criteriaForm = (criteria: string, value: string): Form | undefined => {
  const said = new Map<string, string>();
  for (const part of criteria.split(',')) {
    const [, name = '', argument = ''] = /^\s*(action|name|header|method)\(([^()]*)\)\s*$/.exec(part) ?? [];
    if (part.trim() === '') continue;
    if (argument === '') return undefined;
    said.set(name, argument);
  }
  const { action = 'include', name, header, method = 'none' } = Object.fromEntries(said);
  if (action !== 'include' && action !== 'exclude') return undefined;
  if (!METHODS.has(method)) return undefined;
  // Without a value there is only a name or a header to go by; with one, something that tells how to compare it.
  if ((method === 'none') !== (value === '')) return undefined;
  if (method === 'none' && name === undefined && header === undefined) return undefined;
  return { exclude: action === 'exclude', method, value, ...(name && { name }), ...(header && { header }) };
};

const matcher = ({ name, header, method, value }: Form): Matches | undefined => {
  const compares = comparison(method, value);
  if (!compares) return undefined;
  return (event) => {
    if (name !== undefined && name !== event.name) return false;
    if (header === undefined) return method === 'none' || compares(event.text);
    return valuesOf(event.text, header).some(compares);
  };
};

const comparison = (method: string, value: string): ((text: string) => boolean) | undefined => {
  switch (method) {
    case 'regex':
      return compilePosix(value);
    case 'exact':
      return (text) => text === value;
    case 'starts_with':
      return (text) => text.startsWith(value);
    case 'ends_with':
      return (text) => text.endsWith(value);
    case 'contains':
      return (text) => text.includes(value);
    default:
      return (text) => text !== '';
  }
};

const valuesOf = (text: string, header: string): string[] =>
  text
    .split('\r\n')
    .filter((line) => line.startsWith(`${header}: `))
    .map((line) => line.slice(header.length + 2));
