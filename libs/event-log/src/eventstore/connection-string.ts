import { RollcallError } from '@rollcall/errors';

/** `url`: for the client, credentials and all. `where`: for messages, without them. `deadline`: in milliseconds. */
export type Address = { url: string; where: string; deadline: number };

const DEADLINE_MS = 10_000;
const DEFAULT_PORT = 2113;

const SHAPE = /^(esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\/(?:([^@/?]*)@)?([^@/?]*)\/?(?:\?(.*))?$/s;

/** What the client knows; it prints whatever else it finds in a connection string, together with the password. */
const OPTIONS = {
  tls: 'flag',
  tlsverifycert: 'flag',
  throwonappendfailure: 'flag',
  defaultdeadline: 'number',
  discoveryinterval: 'number',
  gossiptimeout: 'number',
  keepaliveinterval: 'number',
  keepalivetimeout: 'number',
  maxdiscoverattempts: 'number',
  nodepreference: 'text',
  connectionname: 'text',
  tlscafile: 'text',
  usercertfile: 'text',
  userkeyfile: 'text',
} as const;

const VALUES = { flag: /^(true|false)$/, number: /^-?\d{1,9}$/, text: /./ } as const;

const invalid = (what: string): RollcallError =>
  new RollcallError(
    'LOG_ADDRESS_INVALID',
    `The connection string of the event log ${what}.`,
    'It is esdb://USER:PASSWORD@HOST:PORT,HOST:PORT?tls=true&tlsCAFile=FILE, or esdb+discover:// for a DNS name of a cluster; ' +
      'other characters than letters and digits in USER and PASSWORD are percent-encoded.',
  );

const host = (text: string): string => {
  const [, name, port = `${DEFAULT_PORT}`] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  if (!name || Number(port) < 1 || Number(port) > 65_535)
    throw invalid(`names a host that is none: ${JSON.stringify(text)}`);
  return `${name}:${port}`;
};

const credentials = (text: string): string => {
  const [, user, password] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (!user || !password) throw invalid('has credentials that are not USER:PASSWORD');
  try {
    return `${encodeURIComponent(decodeURIComponent(user))}:${encodeURIComponent(decodeURIComponent(password))}@`;
  } catch {
    throw invalid('has credentials with a broken percent-encoding');
  }
};

const isOption = (name: string): name is keyof typeof OPTIONS => Object.hasOwn(OPTIONS, name);

const option = (text: string): [name: keyof typeof OPTIONS, value: string] => {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const name = key.trim().toLowerCase().replaceAll(/[_-]/g, '');
  if (!isOption(name)) throw invalid(`has an option ${JSON.stringify(key || text)} that is not known`);
  if (!VALUES[OPTIONS[name]].test(value.trim())) throw invalid(`has option ${key} with a value that is none`);
  if (name === 'tlsverifycert' && value.trim() === 'false') {
    throw invalid(
      'says tlsVerifyCert=false, which the client does not obey; name the certificate authority with tlsCAFile',
    );
  }
  return [name, value.trim()];
};

/**
 * Reads a connection string of EventStoreDB or KurrentDB. Cluster seeds are several hosts; `defaultDeadline` is how long an
 * append or a read may go without an answer.
 * @throws RollcallError LOG_ADDRESS_INVALID, which never repeats a secret
 */
export const parseConnectionString = (text: string): Address => {
  const [, scheme, discover = '', user, hosts = '', query = ''] = SHAPE.exec(text.trim()) ?? [];
  if (!scheme) throw invalid('is not one');
  const places = hosts.split(',').map(host);
  const options = new Map(query.split('&').filter(Boolean).map(option));
  const deadline = Number(options.get('defaultdeadline') ?? DEADLINE_MS);
  if (deadline < 1) throw invalid('has a defaultDeadline that is not at least 1 (milliseconds)');
  const passedOn = [...options].map(([name, value]) => `${name}=${value}`).join('&');
  const login = user === undefined ? '' : credentials(user);
  return {
    url: `esdb${discover}://${login}${places.join(',')}${passedOn && `?${passedOn}`}`,
    where: `esdb${discover}://${places.join(',')}`,
    deadline,
  };
};
