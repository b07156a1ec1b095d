import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import type { AsteriskHost, AsteriskProcess } from './host.ts';
import type { AsteriskVersion } from './pbx.ts';

const images: Readonly<Record<AsteriskVersion, string>> = {
  '22': 'andrius/asterisk:22.8.2_debian-trixie',
  '16': 'andrius/asterisk:16.30.1_debian-bookworm',
};

/**
 * Asterisk in Docker, for machines that are not Debian or where we are not root. Written without a Docker engine at hand: it has
 * never run. The container shares the host's network, so it needs an engine on Linux.
 */
export async function dockerHost(version: AsteriskVersion): Promise<AsteriskHost> {
  const client = await getContainerRuntimeClient();
  const instances = mkdtempSync(join(tmpdir(), 'rollcall-asterisk-'));
  process.once('exit', () => rmSync(instances, { recursive: true, force: true }));

  async function launch(configFile: string): Promise<AsteriskProcess> {
    const container = await new GenericContainer(images[version])
      .withNetworkMode('host')
      .withUser('root')
      .withBindMounts([{ source: instances, target: instances }])
      .withEntrypoint(['asterisk'])
      .withCommand(['-f', '-C', configFile])
      .start();
    const engine = client.container.getById(container.getId());
    return {
      exited: engine.wait().then((end: { StatusCode: number }) => `exit code ${end.StatusCode}`),
      // Testcontainers' reaper removes what a dying process leaves.
      killNow: () => undefined,
      signal: async (signal) => void (await engine.kill({ signal })),
      run: async (program) => (await container.exec([...program])).stdout,
    };
  }
  return {
    description: `Docker image ${images[version]}`,
    instances,
    inside: (path) => path,
    owner: undefined,
    launch,
  };
}
