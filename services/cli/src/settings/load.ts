import { readFileSync } from 'node:fs';
import { RollcallError } from '@rollcall/errors';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Settings, settingsSchema } from './schema.ts';

/** What the command line gives; `pbx` is `NAME=URL`, any number of times. */
export type Flags = { config?: string; pbx?: string[] } & Partial<
  Record<'data' | 'http' | 'staleAfter' | 'reconcileEvery' | 'logLevel' | 'logFormat', string>
> & { httpOpen?: boolean; variable?: string[] };

type Layer = { values: Record<string, unknown>; where: (path: PropertyKey[]) => string };

/**
 * The settings: the command line before the environment (ROLLCALL_*), before the config file, before the defaults.
 * @throws RollcallError SETTINGS_WRONG naming each wrong setting and where it stands
 */
export const loadSettings = (flags: Flags, env: NodeJS.ProcessEnv): Settings => {
  const layers = [fromFlags(flags), fromEnvironment(env), fromFile(flags.config ?? env.ROLLCALL_CONFIG)];
  const values: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) values[name] ??= value;
  }
  const checked = settingsSchema.safeParse(values);
  if (checked.success) return checked.data;
  throw wrong(checked.error.issues.map((issue) => describe(issue, layers)).join('; '));
};

const describe = (issue: z.core.$ZodIssue, layers: Layer[]): string => {
  const [name] = issue.path;
  const layer = layers.find(({ values }) => name !== undefined && values[String(name)] !== undefined);
  const at = layer ?? layers.at(-1);
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  return `${issue.path.join('.') || 'settings'} ${reason(issue)} (${at?.where(path)})`;
};

/** Of a wrong name in a record zod says only that it is one. */
const reason = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;

const fromFlags = (flags: Flags): Layer => {
  const { config, pbx, variable, ...rest } = flags;
  return {
    values: {
      ...rest,
      ...(pbx?.length ? { pbx: namedPbxs(pbx, '--pbx') } : {}),
      ...(variable?.length ? { variables: variable } : {}),
    },
    where: () => 'on the command line',
  };
};

const ENVIRONMENT = {
  data: 'ROLLCALL_DATA',
  http: 'ROLLCALL_HTTP',
  staleAfter: 'ROLLCALL_STALE_AFTER',
  reconcileEvery: 'ROLLCALL_RECONCILE_EVERY',
  logLevel: 'ROLLCALL_LOG_LEVEL',
  logFormat: 'ROLLCALL_LOG_FORMAT',
} as const;

const fromEnvironment = (env: NodeJS.ProcessEnv): Layer => {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(ENVIRONMENT)) if (env[variable]) values[name] = env[variable];
  if (env.ROLLCALL_HTTP_OPEN) values.httpOpen = env.ROLLCALL_HTTP_OPEN === 'true';
  if (env.ROLLCALL_VARIABLES) values.variables = env.ROLLCALL_VARIABLES.split(/[\s,]+/).filter(Boolean);
  if (env.ROLLCALL_PBX) values.pbx = namedPbxs(env.ROLLCALL_PBX.split(/\s+/).filter(Boolean), 'ROLLCALL_PBX');
  return { values, where: () => 'in the environment, ROLLCALL_*' };
};

const namedPbxs = (texts: string[], where: string): Record<string, { url: string }> => {
  const pbxs: Record<string, { url: string }> = {};
  for (const [index, text] of texts.entries()) {
    const equals = text.indexOf('=');
    // The text may hold a secret: it is not repeated.
    if (equals < 1)
      throw wrong(`number ${index + 1} of ${where} is not NAME=URL, such as pbx-a=ami://user:secret@host:5038`);
    pbxs[text.slice(0, equals)] = { url: text.slice(equals + 1) };
  }
  return pbxs;
};

const fromFile = (path: string | undefined): Layer => {
  const nothing = { values: {}, where: () => 'in the settings' };
  if (path === undefined) return nothing;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(`the config file ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw wrong(`${path} line ${lines.linePos(broken.pos[0]).line}: ${broken.message.split('\n')[0]}`);
  if (document.contents === null) return nothing;
  if (!isMap(document.contents)) throw wrong(`${path} line 1: the config file is a list of "name: value" lines`);
  return {
    values: document.toJS() as Record<string, unknown>,
    where: (path_) => {
      const node = document.getIn(path_, true) ?? document.getIn(path_.slice(0, -1), true);
      const offset = isScalar(node) || isMap(node) ? node.range?.[0] : undefined;
      return offset === undefined ? path : `${path} line ${lines.linePos(offset).line}`;
    },
  };
};

const wrong = (what: string) =>
  new RollcallError('SETTINGS_WRONG', `${what}.`, 'See "rollcall start --help" and docs/settings.md.');
