export type { Access, AmiAttempt } from './access.ts';
export { type Identity, mayOperate, maySee, type Role } from './identity.ts';
