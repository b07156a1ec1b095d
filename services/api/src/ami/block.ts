import { header, type Request } from './requests.ts';

export type Line = readonly [name: string, value: string | number];

/**
 * One block of AMI: `Name: value` in each line, a blank line at the end. An empty value keeps its blank (`AccountCode: `), without which
 * some clients drop the header. Whatever the value, a line stays one line: nobody can write headers of his own by a channel's name.
 */
export const block = (lines: readonly Line[]): string => {
  let text = '';
  for (const [name, value] of lines) text += `${name}: ${oneLine(value)}\r\n`;
  return `${text}\r\n`;
};

const oneLine = (value: string | number): string | number =>
  typeof value === 'string' && BREAKING.test(value) ? value.replace(EVERY_BREAKING, ' ') : value;

const BREAKING = /[\r\n\0]/;
const EVERY_BREAKING = /[\r\n\0]/g;

/** The client's own ActionID, given back in whatever answers its request. */
export const actionId = (request: Request): Line[] => {
  const id = header(request, 'ActionID');
  return id === '' ? [] : [['ActionID', id]];
};

export const success = (request: Request, lines: readonly Line[]): string =>
  block([['Response', 'Success'], ...actionId(request), ...lines]);

export const acknowledged = (request: Request, message: string): string => success(request, [['Message', message]]);

export const refused = (request: Request, message: string): string =>
  block([['Response', 'Error'], ...actionId(request), ['Message', message]]);

/** A list follows. `more`: headers that Asterisk does not have, at the end. */
export const listStart = (request: Request, message: string, more: readonly Line[] = []): string =>
  success(request, [['EventList', 'start'], ['Message', message], ...more]);

export const listComplete = (request: Request, event: string, items: number, more: readonly Line[] = []): string =>
  block([['Event', event], ...actionId(request), ['EventList', 'Complete'], ['ListItems', items], ...more]);
