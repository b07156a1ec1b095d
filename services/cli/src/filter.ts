import { type Channel, position, revision, shapeChannel } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import type { ChannelJson } from './reading/channel-json.ts';

const FORM = /^([A-Za-z]+(?:\.[^=~!]+)?)(!=|=|~)(.*)$/s;
const MAX_EXPRESSION = 1000;
const MAX_REGEX = 200;
const MAX_FILTERS = 50;

/** What a filter may ask: the fields that --json prints. */
const FILTER_FIELDS: readonly string[] = [
  ...Object.keys(
    shapeChannel({
      pbx: '',
      boot: 0,
      uniqueid: '',
      name: '',
      revision: revision(0),
      position: position(0),
      origin: 'found',
    } satisfies Partial<Channel>),
  ),
  'stateText',
  'stale',
  'uncertain',
  'durationSeconds',
];

const fieldSchema = z.enum(FILTER_FIELDS);

export type Filter = (channel: ChannelJson) => boolean;

/**
 * `field=value`, `field!=value`, `field~regex`: a channel passes when all hold. A value is compared as the text that it has
 * in --json; what is not known compares as empty. A channel variable is `variables.NAME`. A regex is JavaScript's, found anywhere, case counts.
 * @throws RollcallError FILTER_UNCLEAR, FILTER_FIELD, FILTER_REGEX
 */
export const parseFilters = (expressions: readonly string[]): Filter => {
  if (expressions.length > MAX_FILTERS) {
    throw unclear(`${expressions.length} filters are given`, `Give ${MAX_FILTERS} at most.`);
  }
  const filters = expressions.map(parseFilter);
  return (channel) => filters.every((filter) => filter(channel));
};

const parseFilter = (expression: string): Filter => {
  const shown = JSON.stringify(expression.slice(0, 80));
  if (expression.length > MAX_EXPRESSION) {
    throw unclear(
      `--filter ${shown}… is longer than ${MAX_EXPRESSION} characters`,
      'Give a shorter one, or several: all must hold.',
    );
  }
  const [, field, operator, value] = FORM.exec(expression) ?? [];
  if (field === undefined || value === undefined) {
    throw unclear(`--filter ${shown} is no filter`, 'Write field=value, field!=value or field~regex.');
  }
  const text = reader(field, shown);
  if (operator === '=') return (channel) => text(channel) === value;
  if (operator === '!=') return (channel) => text(channel) !== value;
  const regex = parseRegex(value, shown);
  return (channel) => regex.test(text(channel));
};

const reader = (field: string, shown: string): ((channel: ChannelJson) => string) => {
  if (field.startsWith('variables.')) {
    const name = field.slice('variables.'.length);
    return ({ variables }) => (variables && Object.hasOwn(variables, name) ? (variables[name] ?? '') : '');
  }
  const known = fieldSchema.safeParse(field);
  if (!known.success) {
    throw new RollcallError(
      'FILTER_FIELD',
      `--filter ${shown}: a channel has no field ${field}.`,
      `Possible are: ${FILTER_FIELDS.join(', ')}.`,
    );
  }
  return (channel) => asText(new Map<string, unknown>(Object.entries(channel)).get(known.data));
};

const asText = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const parseRegex = (text: string, shown: string): RegExp => {
  if (text.length > MAX_REGEX) {
    throw new RollcallError(
      'FILTER_REGEX',
      `--filter ${shown}: the regular expression is longer than ${MAX_REGEX} characters.`,
      'Give a shorter one, or several filters: all must hold.',
    );
  }
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new RollcallError(
      'FILTER_REGEX',
      `--filter ${shown}: ${error instanceof Error ? error.message : error}.`,
      'A special character that is meant literally takes a backslash: name~^PJSIP/\\+49.',
      { cause: error },
    );
  }
};

const unclear = (what: string, advice: string) => new RollcallError('FILTER_UNCLEAR', `${what}.`, advice);
