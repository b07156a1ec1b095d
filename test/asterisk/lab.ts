// A real Asterisk for tests: one that is given, or one that the tests start themselves.
import { chrootHost } from './chroot.ts';
import { givenPbx } from './given.ts';
import type { AsteriskHost } from './host.ts';
import { startInstance } from './instance.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';

export type { AmiAccess, AmiTlsAccess, AriAccess, AsteriskVersion, Pbx, SipAccess } from './pbx.ts';

export type AsteriskFound =
  | { readonly found: true; readonly where: string; start(name: string): Promise<Pbx> }
  | { readonly found: false; readonly reason: string };

/**
 * Looks for an Asterisk of that version: the running PBX that ROLLCALL_TEST_ASTERISK names, else the chroot (made now when it can
 * be, about a minute and a half), else Docker. In CI a missing Asterisk is an error; elsewhere the caller gets a reason to skip with.
 */
export async function findAsterisk(version: AsteriskVersion): Promise<AsteriskFound> {
  const given = process.env.ROLLCALL_TEST_ASTERISK;
  if (given) {
    const pbx = await givenPbx(given, version);
    if (pbx) return { found: true, where: 'ROLLCALL_TEST_ASTERISK', start: async () => pbx };
    return missing(`ROLLCALL_TEST_ASTERISK does not run Asterisk ${version}`);
  }
  const reasons: string[] = [];
  for (const [name, open] of Object.entries(hosts)) {
    try {
      const host = await open(version);
      return { found: true, where: host.description, start: (systemname) => startInstance(host, version, systemname) };
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return missing(
    `no Asterisk ${version} here (${reasons.join('; ')}). test/asterisk/README.md says how to give the tests one.`,
  );
}

function missing(reason: string): AsteriskFound {
  if (process.env.CI) throw new Error(reason);
  return { found: false, reason };
}

const hosts: Readonly<Record<string, (version: AsteriskVersion) => Promise<AsteriskHost>>> = {
  chroot: chrootHost,
  // Loaded only when needed: most machines never get here.
  Docker: async (version) => (await import('./docker.ts')).dockerHost(version),
};

/** Finds and starts an Asterisk whose `systemname` is `name`. Rejects with the reason when there is none. */
export async function startAsterisk(options: { version: AsteriskVersion; name: string }): Promise<Pbx> {
  const asterisk = await findAsterisk(options.version);
  if (!asterisk.found) throw new Error(asterisk.reason);
  return asterisk.start(options.name);
}
