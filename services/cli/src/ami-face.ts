import { type AmiOptions, createAmiFace } from '@rollcall/api';
import type { Entrance } from './serving.ts';

/**
 * Serves the list to tools for Asterisk's AMI. Without users only loopback is served, where anybody may log in.
 * @returns where, and how to end it
 * @throws RollcallError AMI_NOT_LOOPBACK, AMI_PORT_IN_USE, AMI_ADDRESS
 */
export const startAmiFace = async (
  address: { host: string; port: number },
  { access, tls, logger }: Pick<Entrance, 'access' | 'tls' | 'logger'>,
  options: Omit<AmiOptions, 'login' | 'holds' | 'tls' | 'logger'>,
): Promise<{ at: string; close: () => Promise<void> }> => {
  const face = createAmiFace({
    ...options,
    logger,
    login: access.ami,
    holds: access.holds,
    ...(tls && { tls: tls.current() }),
  });
  tls?.onChange(face.renewTls);
  const { host, port } = await face.listen({ ...address, open: access.anyUsers() });
  return { at: `${host.includes(':') ? `[${host}]` : host}:${port}`, close: face.close };
};
