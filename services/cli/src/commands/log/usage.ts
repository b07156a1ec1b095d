import { RollcallError } from '@rollcall/errors';

export const usage = (what: string, command: string): RollcallError =>
  new RollcallError('USAGE', `${what}.`, `See "rollcall log ${command} --help".`);
