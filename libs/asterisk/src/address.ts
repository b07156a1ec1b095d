import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { RollcallError } from '@rollcall/errors';

/** How a PBX is reached, as people write it: `ami://user:secret@host:port` and its like. */
export type PbxAddress = AmiAddress | AriAddress;

type Reached = { host: string; port: number; user: string; secret: string };

export type AmiAddress = Reached & { scheme: 'ami' | 'amis' };

export type AriAddress = Reached & {
  scheme: 'ari+http' | 'ari+https';
  /** ARI application name from `?app=`. */
  app: string | undefined;
  /** The `prefix` of http.conf, such as `/asterisk`; empty when there is none. */
  prefix: string;
};

/** Asterisk's own. */
const PORTS = { ami: 5038, amis: 5039, 'ari+http': 8088, 'ari+https': 8089 } as const;

const FORMS = 'ami://user:secret@host:port, amis://…, ari+http://… or ari+https://…';

/**
 * Reads `ami://user:secret@host:5038`, `amis://…`, `ari+http://user:secret@host:8088?app=name`, `ari+https://…`. The port may be
 * left out. User and secret are percent-decoded.
 * @throws RollcallError PBX_ADDRESS, which names what is wrong and never repeats the secret
 */
export const parsePbxAddress = (text: string): PbxAddress => {
  const url = URL.parse(text.trim());
  if (!url) throw bad('it is not an address', `Write ${FORMS}; ${ENCODE}`);
  const scheme = url.protocol.slice(0, -1);
  if (!isScheme(scheme)) throw bad('it begins with none of ami, amis, ari+http and ari+https', `Write ${FORMS}.`);
  if (url.hash) throw bad('it holds a "#"', ENCODE);
  if (!scheme.startsWith('ari') && (url.pathname.length > 1 || url.search))
    throw bad('nothing may follow the port', ENCODE);
  if (!/^[\w./-]*$/.test(url.pathname)) throw bad('what follows the port is not a prefix as in http.conf', ENCODE);
  const reached = {
    host: host(url.hostname),
    port: url.port ? Number(url.port) : PORTS[scheme],
    user: decoded('user', url.username),
    secret: decoded('secret', url.password),
  };
  if (scheme === 'ami' || scheme === 'amis') return { scheme, ...reached };
  if (reached.user.includes(':')) throw bad('a user of ARI holds no ":"', 'Check the user in ari.conf.');
  return { scheme, ...reached, app: application(url.searchParams), prefix: url.pathname.replace(/\/+$/, '') };
};

/** The address without user, secret and application: for people, logs and errors. */
export const redact = (address: PbxAddress | string): string => {
  if (typeof address !== 'string') {
    const { scheme, host, port } = address;
    return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  }
  try {
    return redact(parsePbxAddress(address));
  } catch {
    return 'an address that cannot be read';
  }
};

const ENCODE =
  'in a user or secret write "/" as %2F, "?" as %3F, "#" as %23, "@" as %40, ":" as %3A, "[" as %5B, "%" as %25.';

const bad = (what: string, advice: string): RollcallError =>
  new RollcallError(
    'PBX_ADDRESS',
    `A PBX address is wrong: ${what}.`,
    advice.charAt(0).toUpperCase() + advice.slice(1),
  );

const isScheme = (scheme: string): scheme is keyof typeof PORTS => Object.hasOwn(PORTS, scheme);

const host = (written: string): string => {
  const bare = written.replace(/^\[|\]$/g, '');
  if (isIPv6(bare)) return bare;
  const name = domainToASCII(decoded('host', bare));
  if (!/^[a-z0-9._-]+$/i.test(name)) throw bad('its host is not a name or an IP address', `Write ${FORMS}.`);
  return name;
};

/** A line break would let a user or secret say more to the PBX than it should. */
const decoded = (what: 'user' | 'secret' | 'host', written: string): string => {
  if (!written) throw bad(`its ${what} is missing`, `Write ${FORMS}.`);
  let text: string;
  try {
    text = decodeURIComponent(written);
  } catch {
    throw bad(`its ${what} holds a "%" that stands for nothing`, 'Write "%" as %25.');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(text)) throw bad(`its ${what} holds a control character`, 'Leave it out.');
  return text;
};

const application = (search: URLSearchParams): string | undefined => {
  for (const name of search.keys()) {
    if (name !== 'app') throw bad('after "?" only app=name may stand', ENCODE);
  }
  return search.get('app') || undefined;
};
