import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AsteriskHost } from './host.ts';
import type { AmiAccess, AmiTlsAccess, AriAccess, SipAccess } from './pbx.ts';
import type { PortBlock } from './ports.ts';

export interface InstanceAccess {
  readonly ami: AmiAccess;
  readonly amiTls: AmiTlsAccess;
  readonly amiLimited: AmiAccess;
  readonly ari: AriAccess;
  readonly sip: SipAccess;
}

/** Writes everything that an instance reads (`etc/` beside this file, a certificate, music) into its directory; returns how to reach it. */
export async function writeInstance(
  host: AsteriskHost,
  directory: string,
  systemname: string,
  ports: PortBlock,
): Promise<InstanceAccess> {
  for (const name of ['etc', 'lib/moh', 'run', 'spool', 'log']) await mkdir(join(directory, name), { recursive: true });
  const ca = await selfSignedCertificate(join(directory, 'etc'));
  await writeFile(join(directory, 'lib/moh/tone.ulaw'), tone());

  const loopback = '127.0.0.1';
  const ami = { host: loopback, port: ports.ami, user: 'rollcall', secret: secret() };
  const amiLimited = { host: loopback, port: ports.ami, user: 'limited', secret: secret() };
  const ari = { url: `http://${loopback}:${ports.http}/ari`, user: 'rollcall', password: secret() };
  const sip = { host: loopback, port: ports.sip, phonePort: ports.phone, mediaPort: ports.sippMedia };
  await renderConfiguration(join(directory, 'etc'), {
    DIR: host.inside(directory),
    SYSTEMNAME: systemname,
    AMI_PORT: ports.ami,
    AMI_TLS_PORT: ports.amiTls,
    AMI_USER: ami.user,
    AMI_SECRET: ami.secret,
    AMI_LIMITED_USER: amiLimited.user,
    AMI_LIMITED_SECRET: amiLimited.secret,
    HTTP_PORT: ports.http,
    ARI_USER: ari.user,
    ARI_PASSWORD: ari.password,
    SIP_PORT: ports.sip,
    PHONE_PORT: ports.phone,
    RTP_START: ports.rtpStart,
    RTP_END: ports.rtpEnd,
  });
  if (host.owner) await chownAll(directory, host.owner);
  return { ami, amiTls: { ...ami, port: ports.amiTls, ca }, amiLimited, ari, sip };
}

function secret(): string {
  return randomBytes(12).toString('hex');
}

async function renderConfiguration(target: string, values: Readonly<Record<string, string | number>>): Promise<void> {
  const source = join(import.meta.dirname, 'etc');
  for (const file of await readdir(source)) {
    const template = await readFile(join(source, file), 'utf8');
    const text = template.replace(/@([A-Z_]+)@/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${join(source, file)}: nothing is known as @${name}@`);
      return String(value);
    });
    await writeFile(join(target, file), text);
  }
}

async function selfSignedCertificate(directory: string): Promise<string> {
  const [key, certificate] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
  const what = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '30'];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await promisify(execFile)('openssl', [...how, ...what, '-keyout', key, '-out', certificate]);
  return readFile(certificate, 'utf8');
}

/** Two seconds of 400 Hz at 8000 samples a second: Asterisk plays music on hold only when there is a file to play. */
function tone(): Buffer {
  const wave = [
    0xff, 0xad, 0xa5, 0xa0, 0x9f, 0xa0, 0xa5, 0xad, 0xff, 0x80, 0x2d, 0x25, 0x20, 0x1f, 0x20, 0x25, 0x2d, 0x7f, 0xff,
    0xff,
  ];
  return Buffer.from(Array.from({ length: 16_000 }, (_, i) => wave[i % wave.length] ?? 0xff));
}

async function chownAll(directory: string, owner: { uid: number; gid: number }): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true }))
    await chown(join(directory, entry), owner.uid, owner.gid);
  await chown(directory, owner.uid, owner.gid);
}
