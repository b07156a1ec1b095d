export { pbxError } from './errors.ts';
export type { AsteriskConnection, AsteriskSource } from './source.ts';
