import type { z } from 'zod';
import { readConfigFile } from './config-file.ts';
import { pbxNameSchema, type Settings, type SettingsInput, settingsSchema } from './schema.ts';
import { settingsWrong } from './settings-wrong.ts';

/** What the command line gives; `pbx` is `NAME=URL`, any number of times. */
export type Flags = { config?: string; pbx?: string[] } & Partial<
  Record<
    | 'data'
    | 'http'
    | 'ami'
    | 'tlsCert'
    | 'tlsKey'
    | 'httpConnections'
    | 'httpConnectionsPerAddress'
    | 'httpRate'
    | 'staleAfter'
    | 'staleAnswers'
    | 'reconcileEvery'
    | 'auditEvery'
    | 'retain'
    | 'retainSize'
    | 'spoolSize'
    | 'spoolAge'
    | 'spoolFull'
    | 'log'
    | 'publish'
    | 'kafka'
    | 'kafkaSecretFile'
    | 'kafkaCaFile'
    | 'eventstore'
    | 'logPartitions'
    | 'logReplication'
    | 'logLevel'
    | 'logFormat',
    string
  >
> & { httpOpen?: boolean; variable?: string[]; trustProxy?: string[]; corsOrigin?: string[] };

/** Of a service that is not the whole of Rollcall. */
export type Defaults = Pick<SettingsInput, 'http'>;

type Layer = { values: Record<string, unknown>; where: (path: PropertyKey[]) => string };

/**
 * The settings: the command line before the environment (ROLLCALL_*), before the config file, before the defaults.
 * @throws RollcallError SETTINGS_WRONG naming each wrong setting and where it stands
 */
export const loadSettings = (flags: Flags, env: NodeJS.ProcessEnv, defaults: Defaults = {}): Settings => {
  const layers = [
    fromFlags(flags),
    fromEnvironment(env),
    fromFile(flags.config ?? env.ROLLCALL_CONFIG),
    { values: defaults, where: () => 'by default' },
  ];
  const values: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) values[name] ??= value;
  }
  const checked = settingsSchema.safeParse(values);
  if (checked.success) return checked.data;
  throw settingsWrong(checked.error.issues.map((issue) => describe(issue, layers)).join('; '));
};

const describe = (issue: z.core.$ZodIssue, layers: Layer[]): string => {
  const [name] = issue.path;
  const layer = layers.find(({ values }) => name !== undefined && values[String(name)] !== undefined);
  const at = layer ?? layers.at(-2);
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  // A name that is none may be an address with its secret: its place must do.
  const shown = issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path;
  return `${shown.join('.') || 'settings'} ${reason(issue)} (${at?.where(path)})`;
};

/** Of a wrong name in a record zod says only that it is one. */
const reason = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;

const fromFlags = (flags: Flags): Layer => {
  const { config, pbx, variable, corsOrigin, ...rest } = flags;
  return {
    values: {
      ...rest,
      ...(pbx?.length ? { pbx: namedPbxs(pbx, '--pbx') } : {}),
      ...(variable?.length ? { variables: variable } : {}),
      ...(corsOrigin?.length ? { corsOrigins: corsOrigin } : {}),
    },
    where: () => 'on the command line',
  };
};

const ENVIRONMENT = {
  data: 'ROLLCALL_DATA',
  http: 'ROLLCALL_HTTP',
  ami: 'ROLLCALL_AMI',
  tlsCert: 'ROLLCALL_TLS_CERT',
  tlsKey: 'ROLLCALL_TLS_KEY',
  httpConnections: 'ROLLCALL_HTTP_CONNECTIONS',
  httpConnectionsPerAddress: 'ROLLCALL_HTTP_CONNECTIONS_PER_ADDRESS',
  httpRate: 'ROLLCALL_HTTP_RATE',
  staleAfter: 'ROLLCALL_STALE_AFTER',
  staleAnswers: 'ROLLCALL_STALE_ANSWERS',
  reconcileEvery: 'ROLLCALL_RECONCILE_EVERY',
  auditEvery: 'ROLLCALL_AUDIT_EVERY',
  retain: 'ROLLCALL_RETAIN',
  retainSize: 'ROLLCALL_RETAIN_SIZE',
  spoolSize: 'ROLLCALL_SPOOL_SIZE',
  spoolAge: 'ROLLCALL_SPOOL_AGE',
  spoolFull: 'ROLLCALL_SPOOL_FULL',
  log: 'ROLLCALL_LOG',
  publish: 'ROLLCALL_PUBLISH',
  kafka: 'ROLLCALL_KAFKA',
  kafkaSecretFile: 'ROLLCALL_KAFKA_SECRET_FILE',
  kafkaCaFile: 'ROLLCALL_KAFKA_CA_FILE',
  eventstore: 'ROLLCALL_EVENTSTORE',
  logPartitions: 'ROLLCALL_LOG_PARTITIONS',
  logReplication: 'ROLLCALL_LOG_REPLICATION',
  logLevel: 'ROLLCALL_LOG_LEVEL',
  logFormat: 'ROLLCALL_LOG_FORMAT',
  httpOpen: 'ROLLCALL_HTTP_OPEN',
  trustProxy: 'ROLLCALL_TRUST_PROXY',
  corsOrigins: 'ROLLCALL_CORS_ORIGINS',
  variables: 'ROLLCALL_VARIABLES',
  pbx: 'ROLLCALL_PBX',
} as const;

const VARIABLES = new Map<PropertyKey | undefined, string>(Object.entries(ENVIRONMENT));
const BOOLEANS = new Map<string, boolean>([
  ['true', true],
  ['false', false],
]);

/** Their parts are separated by spaces or commas. */
const LISTS = ['variables', 'trustProxy', 'corsOrigins'] as const;

const fromEnvironment = (env: NodeJS.ProcessEnv): Layer => {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(ENVIRONMENT)) if (env[variable]) values[name] = env[variable];
  const open = env.ROLLCALL_HTTP_OPEN;
  if (open) values.httpOpen = BOOLEANS.get(open) ?? open;
  for (const name of LISTS) {
    const text = env[ENVIRONMENT[name]];
    if (text) values[name] = text.split(/[\s,]+/).filter(Boolean);
  }
  if (env.ROLLCALL_PBX) values.pbx = namedPbxs(env.ROLLCALL_PBX.split(/\s+/).filter(Boolean), 'ROLLCALL_PBX');
  return { values, where: ([name]) => `in the environment, ${VARIABLES.get(name)}` };
};

const namedPbxs = (texts: string[], where: string): Record<string, { url: string }> => {
  const pbxs: Record<string, { url: string }> = {};
  for (const [index, text] of texts.entries()) {
    const equals = text.indexOf('=');
    const name = text.slice(0, equals);
    // The text may hold a secret: it is not repeated.
    if (equals < 1 || !pbxNameSchema.safeParse(name).success) {
      throw settingsWrong(`number ${index + 1} of ${where} is not NAME=URL, such as pbx-a=ami://user:secret@host:5038`);
    }
    if (Object.hasOwn(pbxs, name)) throw settingsWrong(`number ${index + 1} of ${where} has the name of another`);
    pbxs[name] = { url: text.slice(equals + 1) };
  }
  return pbxs;
};

const fromFile = (path: string | undefined): Layer =>
  path === undefined ? { values: {}, where: () => 'in the settings' } : readConfigFile(path);
