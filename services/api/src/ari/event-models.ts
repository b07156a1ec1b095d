import { z } from 'zod';
import { bridge, channel } from './models.ts';

// What a websocket is sent, in Asterisk's order of fields. Every event ends with the PBX and the application.

const said = { timestamp: z.string().describe('When it happened').meta({ swagger: 'Date' }) };
const sender = {
  asterisk_id: z.string().describe("The PBX's name in Rollcall"),
  application: z.string().describe('The application that is told'),
};
const of = { channel };

const event = <T extends string, B extends z.ZodRawShape, C extends z.ZodRawShape>(
  type: T,
  description: string,
  before: B,
  after: C,
) =>
  z
    .strictObject({ ...before, type: z.literal(type).describe('Kind of event'), ...said, ...after, ...sender })
    .meta({ id: type, description });

const text = (description: string) => z.string().describe(description);
const number = (description: string) => z.int().describe(description);

export const events = {
  ChannelCreated: event('ChannelCreated', 'A channel was created, or found where Rollcall had missed that', {}, of),
  ChannelDestroyed: event(
    'ChannelDestroyed',
    'A channel is over. Its last state is told.',
    {},
    {
      cause: number('Q.850 cause; 0 where the PBX did not say it'),
      cause_txt: text('Cause in words'),
      tech_cause: number("The technology's own cause").optional(),
      ...of,
    },
  ),
  ChannelStateChange: event('ChannelStateChange', 'Another state', {}, of),
  ChannelDialplan: event(
    'ChannelDialplan',
    'Another place in the dialplan, or another application',
    {},
    { dialplan_app: text('Application that runs'), dialplan_app_data: text('What it was given'), ...of },
  ),
  ChannelCallerId: event(
    'ChannelCallerId',
    'Another caller id',
    {},
    {
      caller_presentation: number('Presentation; 67 where it was never said'),
      caller_presentation_txt: text('Presentation in words'),
      ...of,
    },
  ),
  ChannelConnectedLine: event('ChannelConnectedLine', 'Another connected line', {}, of),
  ChannelEnteredBridge: event('ChannelEnteredBridge', 'It entered a bridge', {}, { bridge, ...of }),
  ChannelLeftBridge: event('ChannelLeftBridge', 'It left a bridge', {}, { bridge, ...of }),
  ChannelHold: event('ChannelHold', 'It was put on hold', {}, { musicclass: text('Music, or N/A'), ...of }),
  ChannelUnhold: event('ChannelUnhold', 'It was taken off hold', {}, of),
  ChannelVarset: event(
    'ChannelVarset',
    'A variable that is kept was set',
    { variable: text('The variable'), value: text('Its value') },
    of,
  ),
  ChannelHangupRequest: event(
    'ChannelHangupRequest',
    'A hangup was asked for; it may not come',
    { cause: number('Q.850 cause').optional() },
    of,
  ),
  ApplicationReplaced: z
    .strictObject({
      type: z.literal('ApplicationReplaced').describe('Kind of event'),
      ...said,
      application: sender.application,
      asterisk_id: sender.asterisk_id,
    })
    .meta({ id: 'ApplicationReplaced', description: 'Another websocket took over the application' }),
};

export type EventName = keyof typeof events;
