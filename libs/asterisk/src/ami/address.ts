/** Where an AMI is, and how it is reached. */
export type AmiAddress = {
  host: string;
  port: number;
  /** TLS (manager.conf `tlsenable`). `ca`: PEM of the authority to trust instead of the system's. */
  tls?: { ca?: string; rejectUnauthorized?: boolean };
};

/** For people and logs: `ami://10.0.0.5:5038`, `amis://[::1]:5039`. */
export const addressText = ({ host, port, tls }: AmiAddress): string =>
  `${tls ? 'amis' : 'ami'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
