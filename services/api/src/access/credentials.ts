/** What a request shows of who sends it. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'none' };

/** What nobody's name and password is as long as: no more is looked at. */
const MAX_LENGTH = 4_096;
const AUTHORIZATION = /^(basic|bearer) +([^\s]+) *$/i;

/** The header comes before ARI's `?api_key=user:password`, as in Asterisk. */
export const credentialsOf = (authorization: string | undefined, query: unknown): Credentials => {
  if (authorization !== undefined) return fromHeader(authorization);
  if (typeof query !== 'object' || query === null || !('api_key' in query)) return { kind: 'none' };
  return typeof query.api_key === 'string' ? pair(query.api_key) : { kind: 'unreadable' };
};

const fromHeader = (authorization: string): Credentials => {
  if (authorization.length > MAX_LENGTH) return { kind: 'unreadable' };
  const [, scheme, value] = AUTHORIZATION.exec(authorization) ?? [];
  if (scheme === undefined || value === undefined) return { kind: 'unreadable' };
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', token: value };
  return pair(Buffer.from(value, 'base64').toString('utf8'));
};

const pair = (text: string): Credentials => {
  const colon = text.indexOf(':');
  if (colon < 0 || text.length > MAX_LENGTH) return { kind: 'unreadable' };
  return { kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1) };
};
