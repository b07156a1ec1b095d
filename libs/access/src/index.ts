export type { Access, AmiAttempt } from './access.ts';
export { type Administration, administer, type TokenShown, type UserShown } from './administer.ts';
export { TooManyAttempts } from './attempts.ts';
export { type Identity, mayOperate, maySee, type Role } from './identity.ts';
export { isLoopback } from './loopback.ts';
export { networkOf } from './network.ts';
export { openAccess } from './open-access.ts';
export { createPasswords, type Passwords } from './password.ts';
