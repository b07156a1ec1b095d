import { RollcallError } from '@rollcall/errors';

/** `what` names the setting and its place. */
export const settingsWrong = (what: string): RollcallError =>
  new RollcallError('SETTINGS_WRONG', `${what}.`, 'See "rollcall start --help" and docs/settings.md.');
