/** What kafkajs throws and what lies behind it, outermost first. */
export const chainOf = (error: unknown): Error[] => {
  const found: Error[] = [];
  const visit = (one: unknown): void => {
    if (!(one instanceof Error) || found.includes(one)) return;
    found.push(one);
    visit(one.cause);
    if ('errors' in one && Array.isArray(one.errors)) one.errors.forEach(visit);
  };
  visit(error);
  return found;
};

/** What kafkajs and Node write beside an error: Kafka's type, Node's code, the broker (`host:port`). Empty where there is none. */
export const field = (error: Error, name: 'type' | 'code' | 'broker'): string => {
  const value = new Map<string, unknown>(Object.entries(error)).get(name);
  return typeof value === 'string' ? value : '';
};

/** Is this Kafka error in what was thrown, or behind it? */
export const isOfType = (error: unknown, type: string): boolean =>
  chainOf(error).some((one) => field(one, 'type') === type);

/** The broker that is named first (`host:port`). */
export const brokerOf = (errors: readonly Error[]): string | undefined =>
  errors.map((one) => field(one, 'broker')).find((one) => one !== '');

const LOGIN_TYPE = /^(SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM|ILLEGAL_SASL_STATE)$/;

export const loginRefusal = (errors: readonly Error[]): Error | undefined =>
  errors.find((one) => one.name === 'KafkaJSSASLAuthenticationError' || LOGIN_TYPE.test(field(one, 'type')));

const TLS_CODE = /^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;
const TLS_TEXT = /self.signed|certificate|secure TLS|SSL routines/;

export const tlsFailure = (errors: readonly Error[]): Error | undefined =>
  errors.find((one) => TLS_CODE.test(field(one, 'code')) || TLS_TEXT.test(one.message));

const UNREACHABLE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ENOTFOUND', 'its name is not known'],
  ['EAI_AGAIN', 'its name could not be looked up'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to its network'],
  ['ETIMEDOUT', 'nothing answers there'],
  ['ECONNRESET', 'it closed the connection'],
]);

/** What kafkajs says when it has a connection and no answer that it understands. */
const SILENT = /^(Broker not connected|Connection timeout|Request .* timed out)$/;

/** Why a broker cannot be used, in words. */
export const whyUnreachable = (errors: readonly Error[]): string => {
  const known = errors.map((one) => UNREACHABLE.get(field(one, 'code'))).find((why) => why !== undefined);
  const last = errors.at(-1)?.message ?? 'no reason was given';
  return known ?? (SILENT.test(last) ? 'nothing there speaks as Kafka does' : last);
};

/** Is it a connection that the broker closed, as it does with one that wants something else than this port gives? */
export const wasClosed = (errors: readonly Error[]): boolean =>
  errors.some((one) => one.name === 'KafkaJSConnectionClosedError');
