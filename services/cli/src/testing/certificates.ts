import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Certificate = { cert: string; key: string; fingerprint: string };

/** A certificate of localhost that signs itself, and its key, in PEM. */
export const certificate = (days = 30): Certificate => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-certificate-'));
  const kind = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    `${days}`,
  ];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  try {
    execFileSync('openssl', [...kind, ...subject, '-keyout', join(dir, 'key'), '-out', join(dir, 'cert')], {
      stdio: 'ignore',
    });
    const cert = readFileSync(join(dir, 'cert'), 'utf8');
    return { cert, key: readFileSync(join(dir, 'key'), 'utf8'), fingerprint: new X509Certificate(cert).fingerprint256 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
