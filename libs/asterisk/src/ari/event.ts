import { z } from 'zod';

/**
 * The ARI events that say something of the channel list (Asterisk 16 to 23), as far as Rollcall reads them. What names the
 * channel must be there; a fact of an unexpected kind counts as not said, so that one odd field never costs a destroy.
 */
const text = z.string().optional().catch(undefined);
const number = z.int().optional().catch(undefined);
export const ariTimestamp = z
  .string()
  .transform((printed) => milliseconds(printed))
  .optional()
  .catch(undefined);

/** Asterisk prints `2026-11-22T15:14:35.735+0000`, in the PBX's own zone; ISO 8601 wants a colon in the offset. */
const milliseconds = (printed: string): number | undefined => {
  const parsed = Date.parse(printed.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(parsed) ? undefined : parsed;
};

const party = z.object({ name: text, number: text }).optional().catch(undefined);

export const ariChannelSchema = z.object({
  id: z.string().min(1),
  name: text,
  state: text,
  caller: party,
  connected: party,
  accountcode: text,
  dialplan: z
    .object({ context: text, exten: text, priority: number, app_name: text, app_data: text })
    .optional()
    .catch(undefined),
  /** After a masquerade one id carries another creation time: it stays with Asterisk's struct, not with the identity. */
  creationtime: ariTimestamp,
  language: text,
  /** 16.27, 18.13, 19.5, 20.0 and later. */
  protocol_id: text,
  /** 18.21, 20.6, 21.1 and later; absent when there is none. */
  caller_rdnis: text,
  /** 18.25, 20.10, 21.5 and later. */
  tenantid: text,
  /** Those that `channelvars` in ari.conf names. */
  channelvars: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

export type AriChannel = z.infer<typeof ariChannelSchema>;

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), timestamp: ariTimestamp, channel: ariChannelSchema, ...shape });

const bridge = z.object({ id: z.string().min(1) });

export const ariEventSchema = z.discriminatedUnion('type', [
  event('ChannelCreated', {}),
  event('ChannelDestroyed', {
    cause: number,
    cause_txt: text,
    /** 20.17, 22.7, 23.1 and later, and only where the technology has one. */
    tech_cause: z
      .union([z.string(), z.int().transform(String)])
      .optional()
      .catch(undefined),
  }),
  event('ChannelStateChange', {}),
  event('ChannelDialplan', {}),
  event('ChannelCallerId', { caller_presentation: number, caller_presentation_txt: text }),
  event('ChannelConnectedLine', {}),
  event('ChannelVarset', { variable: z.string(), value: z.string() }),
  event('ChannelHangupRequest', { cause: number }),
  event('ChannelHold', { musicclass: text }),
  event('ChannelUnhold', {}),
  event('ChannelEnteredBridge', { bridge }),
  event('ChannelLeftBridge', { bridge }),
]);

export type AriEvent = z.infer<typeof ariEventSchema>;

/** `channel.id: Invalid input: expected string, received undefined`: names the field, never quotes a value. */
export const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'event'}: ${issue.message}` : 'not an ARI event';
};
