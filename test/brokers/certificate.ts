import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Makes a keystore with a self-signed certificate for localhost and 127.0.0.1: key and certificate in one PEM file, which Kafka reads
 * since 2.7. `ca` is the certificate, for clients to trust.
 */
export async function makeKeystore(directory: string): Promise<{ readonly keystore: string; readonly ca: string }> {
  const [key, certificate] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
  const what = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '30'];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await promisify(execFile)('openssl', [...how, ...what, '-keyout', key, '-out', certificate]);
  const ca = await readFile(certificate, 'utf8');
  const keystore = join(directory, 'keystore.pem');
  await writeFile(keystore, `${await readFile(key, 'utf8')}${ca}`);
  return { keystore, ca };
}
