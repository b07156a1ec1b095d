import type { Channel } from '@rollcall/channel';
import { isFunction, variableOf } from '../variables.ts';
import { type Answer, json, refused } from './answer.ts';

/** The variable of that channel, as far as it is kept; what is not kept is not found, as if it were not set. */
export const variableAnswer = (channel: Channel | undefined, name: string | undefined): Answer => {
  if (!name) return refused(400, 'Variable name is required');
  if (!channel) return refused(404, 'Provided channel was not found');
  const value = variableOf(channel, name)?.value;
  // Asterisk says `<unknown>` with an empty text here.
  if (value !== undefined) return json({ value: value ?? '' });
  return isFunction(name)
    ? refused(500, 'Unable to read provided function')
    : refused(404, 'Provided variable was not found');
};
