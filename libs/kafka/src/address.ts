import { X509Certificate } from 'node:crypto';
import { RollcallError } from '@rollcall/errors';
import type { SASLOptions } from 'kafkajs';
import { isBrokerAddress, type KafkaConnection } from './connection.ts';

const FORM = /^(kafkas?):\/\/([^/?#]*)\/?(?:\?([^#]*))?$/;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type Mechanism = (typeof MECHANISMS)[number];

/** What does not belong into an address, since addresses are shown to people. */
export type Apart = {
  /** The password: a secret file's content, of which the first line counts. */
  secret?: string;
  /** The authority that signed the brokers' certificates, as PEM text. */
  ca?: string;
};

/**
 * `kafka://HOST:PORT,HOST:PORT` in plain, `kafkas://` over TLS; a login as `USER:PASSWORD@` or `USER@` with the password apart, both
 * percent-encoded, and `?mechanism=plain`, `scram-sha-256` or `scram-sha-512` (the default).
 * @throws RollcallError KAFKA_SETTINGS, which says what is wrong and never shows a password
 */
export const parseKafkaAddress = (text: string, apart: Apart = {}): KafkaConnection => {
  const [, scheme, authority = '', query = ''] = FORM.exec(text.trim()) ?? [];
  // A password may stand anywhere in what is not understood, so none of it is shown.
  if (scheme === undefined) throw wrong('the address has another form', 'Write / ? # in a password as %2F %3F %23.');
  const at = authority.lastIndexOf('@');
  const brokers = authority.slice(at + 1).split(',');
  checkBrokers(brokers);
  const mechanism = mechanismOf(query);
  const login = at < 0 ? undefined : loginOf(authority.slice(0, at), apart.secret);
  if (!login && mechanism) throw wrong('mechanism: there is no user that logs in', 'Name one before the brokers.');
  if (!login && apart.secret !== undefined) throw wrong('a password is given and no user', 'Name one, as USER@.');
  const ssl = tlsOf(scheme, apart.ca);
  return { brokers, ...(ssl && { ssl }), ...(login && { sasl: saslOf(mechanism ?? 'scram-sha-512', login) }) };
};

const checkBrokers = (brokers: readonly string[]): void => {
  const index = brokers.findIndex((address) => !isBrokerAddress(address));
  if (index < 0) return;
  const found = brokers[index] ?? '';
  // What follows a colon and is no number may be a password whose @HOST:PORT was forgotten.
  const shown = /^[^:]*(:\d*)?$/.test(found) ? ` (${JSON.stringify(found)})` : '';
  throw wrong(`broker ${index + 1}${shown} is not HOST:PORT`, 'Several are separated by commas; IPv6 goes by a name.');
};

const mechanismOf = (query: string): Mechanism | undefined => {
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].find((name) => name !== 'mechanism');
  if (unknown !== undefined) throw wrong('it has a parameter that is not known', 'There is one only: mechanism.');
  const named = parameters.get('mechanism');
  if (named === null) return undefined;
  const found = MECHANISMS.find((mechanism) => mechanism === named.toLowerCase());
  if (!found) throw wrong('mechanism: it is not known', `Name one of ${MECHANISMS.join(', ')}.`);
  return found;
};

type Login = { username: string; password: string };

const loginOf = (text: string, secret: string | undefined): Login => {
  const colon = text.indexOf(':');
  const username = decoded(colon < 0 ? text : text.slice(0, colon));
  const inside = colon < 0 ? undefined : decoded(text.slice(colon + 1));
  const beside = secret?.split(/\r?\n/, 1)[0];
  if (username === '') throw wrong('the user has no name', 'Write USER:PASSWORD@ before the brokers.');
  if (inside !== undefined && beside !== undefined) throw wrong('the password is given twice', 'Give it once.');
  const password = inside ?? beside;
  if (!password) throw wrong(`the user ${username} has no password`, 'Give it as USER:PASSWORD@, or in a secret file.');
  return { username, password };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('the login has a % that encodes nothing', 'Write % itself as %25.');
  }
};

const tlsOf = (scheme: string, ca: string | undefined): KafkaConnection['ssl'] => {
  if (scheme === 'kafka') {
    if (ca !== undefined) throw wrong('an authority is given, and the connection is plain', 'For TLS write kafkas://.');
    return undefined;
  }
  if (ca === undefined) return true;
  try {
    new X509Certificate(ca);
  } catch (cause) {
    throw wrong('the authority is no certificate in PEM form', 'It begins with -----BEGIN CERTIFICATE-----.', cause);
  }
  return { ca: [ca] };
};

const saslOf = (mechanism: Mechanism, login: Login): SASLOptions => {
  if (mechanism === 'plain') return { mechanism, ...login };
  if (mechanism === 'scram-sha-256') return { mechanism, ...login };
  return { mechanism, ...login };
};

const wrong = (what: string, advice: string, cause?: unknown): RollcallError =>
  new RollcallError(
    'KAFKA_SETTINGS',
    `The address of Kafka cannot be used: ${what}.`,
    `${advice} Its form is kafka://HOST:PORT, or kafkas://USER:PASSWORD@HOST:PORT,HOST:PORT?mechanism=scram-sha-512.`,
    { cause },
  );
