import { z } from 'zod';
import { durationSchema, NO_DURATION } from './duration.ts';
import { engineSettings } from './engine-settings.ts';
import { httpSettings } from './http-settings.ts';
import { NO_SIZE, sizeSchema } from './size.ts';

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^:/\s[\]]+):(\d{1,5})$/;

/** `127.0.0.1:8099`, `[::1]:8099`, or `off`. */
const httpSchema = z.string().transform((text, context) => {
  if (text === 'off') return undefined;
  const [, host, port] = ADDRESS.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  context.addIssue('is not HOST:PORT, such as 127.0.0.1:8099, nor off');
  return z.NEVER;
});

/** It becomes part of stream names and keys. */
export const pbxNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is no PBX name: letters, digits, dot, dash and underline, 64 at most');

/** Timers reach no further than some 24 days, and then do not wait at all. */
const WEEK_MS = 7 * 86_400_000;

const variableSchema = z.string().min(1).max(80);

const ariSchema = z.strictObject({
  url: z.string().max(2000),
  secretFile: z.string().optional(),
  caFile: z.string().optional(),
});

const hostSchema = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'is no host name')
  .transform((name) => name.toLowerCase());

const pbxSchema = z.strictObject({
  /** ami://user:secret@host:port, amis://…, ari+http://…, ari+https://… */
  url: z.string().max(2000),
  /** A file whose first line is the secret, instead of one in the url. */
  secretFile: z.string().optional(),
  /** A file with the certificate authority of the PBX's TLS certificate. */
  caFile: z.string().optional(),
  /** ARI of the same PBX, where `url` is AMI: an audit sets its list beside as well. */
  ari: ariSchema.optional(),
  /** Host names under which `/ari` is this PBX's alone. */
  hosts: z.array(hostSchema).max(20).optional(),
});

export type PbxSettings = z.infer<typeof pbxSchema>;

const often = durationSchema.refine((every) => every >= 1000 && every <= WEEK_MS, 'is not between 1s and 7d');

const oftenOrOff = z.string(NO_DURATION).transform((text, context) => {
  if (text === 'off') return undefined;
  const every = often.safeParse(text);
  if (every.success) return every.data;
  context.addIssue(every.error.issues[0]?.message ?? 'is not a duration');
  return z.NEVER;
});

/** A measure, or one of the words. Not a union: of what fits none of its parts zod says only that it is invalid. */
const keep = <Word extends string>(schema: z.ZodType<number, string>, wrong: string, words: readonly Word[]) =>
  z.string(wrong).transform((text, context): number | Word => {
    const word = words.find((one) => one === text);
    if (word !== undefined) return word;
    const kept = schema.safeParse(text);
    if (kept.success) return kept.data;
    context.addIssue(kept.error.issues[0]?.message ?? wrong);
    return z.NEVER;
  });

const anAge = durationSchema.refine((age) => age >= 60_000, 'is less than 1m');
const aSize = sizeSchema.refine((size) => size >= 1e6, 'is less than 1MB');

/** A host name leads to one PBX: of two, one would be shown under the name of the other. */
const pbxsSchema = z.record(pbxNameSchema, pbxSchema).superRefine((pbxs, context) => {
  const taken = new Map<string, string>();
  for (const [name, { hosts = [] }] of Object.entries(pbxs)) {
    for (const [index, host] of hosts.entries()) {
      const other = taken.get(host) ?? name;
      taken.set(host, other);
      if (other === name) continue;
      context.addIssue({ code: 'custom', path: [name, 'hosts', index], message: `is a host name of ${other} already` });
    }
  }
});

/** Every setting of Rollcall. The config file has these names; the command line and ROLLCALL_* come to the same. */
export const settingsSchema = z.strictObject({
  /** Directory of the event log; one writing process at a time. */
  data: z.string().min(1).default('rollcall-data'),
  http: httpSchema.prefault('127.0.0.1:8099'),
  /** Where the list is served to tools for Asterisk's AMI; off unless given. */
  ami: httpSchema.prefault('off'),
  /** Without users only this machine is served; this says that whoever reaches the address may read every call. */
  httpOpen: z.boolean().default(false),
  ...httpSettings,
  /** How long a lost PBX's channels stay in the default lists, marked as stale. */
  staleAfter: durationSchema.prefault('15m'),
  /** Whether answers about a PBX whose connection is lost are given and say so, or are refused. */
  staleAnswers: z.enum(['mark', 'refuse']).default('mark'),
  /** How often the list is compared with the PBX's own while all is well. */
  reconcileEvery: often.prefault('60s'),
  /** How often the PBX's own lists are audited; `off`: only when asked. */
  auditEvery: oftenOrOff.prefault('10m'),
  /** How long the events of channels that are over are kept. */
  retain: keep(anAge, NO_DURATION, ['off', 'default']).default('default'),
  /** And in how many bytes at most; the default depends on the disk. */
  retainSize: keep(aSize, NO_SIZE, ['off', 'default']).default('default'),
  /** How much of what is to be written waits on this disk while a remote log is away; no spool with the embedded log. */
  spoolSize: aSize.prefault('1GB'),
  /** And for how long, counted from the oldest event; `off`: as long as there is room. */
  spoolAge: keep(anAge, NO_DURATION, ['off'])
    .transform((age) => (age === 'off' ? undefined : age))
    .prefault('off'),
  /** At the bound: give the PBX connections up, or what waits. */
  spoolFull: z.enum(['disconnect', 'discard']).default('disconnect'),
  ...engineSettings,
  /** Channel variables to keep. */
  variables: z.array(variableSchema).max(200).default([]),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  logFormat: z.enum(['text', 'json']).default('text'),
  pbx: pbxsSchema.default({}),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
