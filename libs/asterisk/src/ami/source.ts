import type { AsteriskSource } from '../source.ts';
import { addressText } from './address.ts';
import { type AmiClientOptions, connectAmi } from './client.ts';

export type AmiSourceOptions = AmiClientOptions;

/** A PBX as its manager interface (manager.conf) shows it: the fuller of Asterisk's two sources. */
export const amiSource = (options: AmiSourceOptions): AsteriskSource => ({
  source: 'ami',
  address: addressText(options),
  connect: (connecting) => connectAmi(options, connecting),
});
