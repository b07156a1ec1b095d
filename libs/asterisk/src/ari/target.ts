/** Where an ARI is and how to be let in. The secret is nowhere but in `authorization`, which no message and no log holds. */
export type AriTarget = {
  /** For people and logs: `http://10.0.0.5:8088/ari`. */
  where: string;
  secure: boolean;
  host: string;
  port: number;
  /** `/ari`, after the prefix that http.conf may give. */
  path: string;
  user: string;
  authorization: string;
  /** PEM of the authority that the certificate must come from, where it is not one that the system knows. */
  ca: string | undefined;
};

export type AriTargetOptions = {
  /** `http://host:port` or `https://host:port`, with the `prefix` of http.conf where it has one. */
  url: string;
  user: string;
  secret: string;
  tls?: { ca?: string } | undefined;
};

export const ariTarget = ({ url, user, secret, tls }: AriTargetOptions): AriTarget => {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const secure = protocol === 'https:';
  const path = `${pathname.replace(/\/+$/, '')}/ari`;
  return {
    where: `${protocol}//${host}${path}`,
    secure,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 443 : 80),
    path,
    user,
    authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
    ca: tls?.ca,
  };
};
