import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { RollcallError } from '@rollcall/errors';

/**
 * Has this process trust a certificate's authority beside those of the system: for what it asks over TLS from here on.
 * @throws RollcallError CA_FILE_WRONG
 */
export const trustAuthority = (file: string): void => {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`${file} cannot be read: ${error instanceof Error && 'code' in error ? error.code : error}`);
  }
  try {
    new X509Certificate(pem);
  } catch {
    throw wrong(`${file} holds no certificate in PEM`);
  }
  // Node 22.18 is the oldest that Rollcall runs on; this came a little later.
  if (typeof setDefaultCACertificates !== 'function') {
    throw new RollcallError(
      'CA_FILE_WRONG',
      'This Node cannot be told of another authority while it runs.',
      `Run NODE_EXTRA_CA_CERTS=${file} rollcall …, without --ca-file; or use Node 22.19 or newer.`,
    );
  }
  setDefaultCACertificates([...getCACertificates('default'), pem]);
};

const wrong = (what: string) =>
  new RollcallError('CA_FILE_WRONG', `${what}.`, 'Give the PEM file of the authority that signed the certificate.');
