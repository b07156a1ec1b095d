import type { AriChannelModel } from '@rollcall/listing';
import { z } from 'zod';

// What is answered under /ari. Asterisk's field names and order; api-docs are made from these.

const text = (description: string) => z.string().describe(description);
const time = (description: string) => z.string().describe(description).meta({ swagger: 'Date' });
const texts = (description: string) => z.array(z.string()).describe(description);

/** Beyond Asterisk's fields, and only where one answer tells of several PBXs. */
const pbx = text('The PBX that the id belongs to; only where several PBXs answer as one').optional();

export const callerId = z
  .strictObject({ name: text('Name, or empty'), number: text('Number, or empty') })
  .meta({ id: 'CallerID', description: 'Who calls, or who is called' });

export const dialplan = z
  .strictObject({
    context: text('Context'),
    exten: text('Extension'),
    priority: z.int().nullable().describe('Priority; null for none').meta({ swagger: 'long' }),
    app_name: text('Application that runs'),
    app_data: text('What the application was given'),
  })
  .meta({ id: 'DialplanCEP', description: 'Place in the dialplan' });

export const channel = z
  .strictObject({
    id: text('The uniqueid of the channel'),
    name: text('Name, such as PJSIP/alice-00000001'),
    state: text('Down, Rsrvd, OffHook, Dialing, Ring, Ringing, Up, Busy, Dialing Offhook, Pre-ring, Mute or Unknown'),
    protocol_id: text("The channel driver's own id of the call; empty where the feed does not say it"),
    caller: callerId,
    connected: callerId,
    accountcode: text('Account code'),
    dialplan,
    creationtime: time('When it was created'),
    language: text('Language of prompts'),
    caller_rdnis: text('Redirecting number; absent where there is none or the feed does not say it').optional(),
    channelvars: z.record(z.string(), z.string()).describe('The variables that are kept').optional(),
    tenantid: text('Tenant').optional(),
    pbx,
  })
  .meta({ id: 'Channel', description: 'A live channel' }) satisfies z.ZodType<AriChannelModel>;

export const bridge = z
  .strictObject({
    id: text('The unique id of the bridge'),
    technology: text('Empty: no event of a channel says it'),
    bridge_type: text('Empty: no event of a channel says it'),
    bridge_class: text('Empty: no event of a channel says it'),
    creator: text('Empty: no event of a channel says it'),
    name: text('Empty: no event of a channel says it'),
    channels: texts('Ids of the channels in it'),
    creationtime: time('Empty: no event of a channel says it'),
    video_mode: text('Empty: no event of a channel says it'),
    pbx,
  })
  .meta({ id: 'Bridge', description: 'A bridge with channels in it' });

export const variable = z
  .strictObject({ value: text('Its value') })
  .meta({ id: 'Variable', description: 'The value of a channel variable' });

export const application = z
  .strictObject({
    name: text('Name of the application'),
    channel_ids: texts('Channels that it is told of'),
    bridge_ids: texts('Bridges that it is told of'),
    endpoint_ids: texts('Endpoints that it is told of'),
    device_names: texts('Devices that it is told of'),
    events_allowed: texts('Always empty: every event is sent'),
    events_disallowed: texts('Always empty: every event is sent'),
  })
  .meta({ id: 'Application', description: 'A websocket that is connected' });

export const systemInfo = z
  .strictObject({
    version: text('Version of Asterisk, as far as the PBX has said it'),
    entity_id: text("The PBX's name in Rollcall"),
  })
  .meta({ id: 'SystemInfo', description: 'The Asterisk' });

export const configInfo = z
  .strictObject({ name: text("The PBX's name in Rollcall") })
  .meta({ id: 'ConfigInfo', description: 'Its configuration, as far as a feed tells it' });

export const statusInfo = z
  .strictObject({ startup_time: time('When the PBX started; only where the feed is ARI').optional() })
  .meta({ id: 'StatusInfo', description: 'Its state, as far as a feed tells it' });

export const asteriskInfo = z
  .strictObject({
    system: systemInfo.optional(),
    config: configInfo.optional(),
    status: statusInfo.optional(),
  })
  .meta({ id: 'AsteriskInfo', description: 'What is known of the PBX' });

export const asteriskPing = z
  .strictObject({ ping: text('Always pong'), timestamp: time("Rollcall's time"), asterisk_id: text('The PBX') })
  .meta({ id: 'AsteriskPing', description: 'That it answers' });

export type BridgeModel = z.infer<typeof bridge>;
export type ApplicationModel = z.infer<typeof application>;
export type AsteriskInfoModel = z.infer<typeof asteriskInfo>;
