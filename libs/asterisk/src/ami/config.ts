import type { AmiSession } from './session.ts';

/**
 * One setting of one of Asterisk's files, as it stands there now (16 to 23): `index` counts lines of that name from 0, -1 is the
 * last. Undefined where there is none, or it cannot be read.
 */
export type ReadSetting = (
  file: string,
  category: string,
  setting: string,
  index?: number,
) => Promise<string | undefined>;

/** What cannot be taken for more than a name inside AST_CONFIG(…). */
const PLAIN = /^[\w.@-]{1,80}$/;

/**
 * By the dialplan function AST_CONFIG, which gives one value and no secret beside it. Getvar is for users with write=call or
 * reporting; the function is in func_config.so.
 */
export const settingsOf =
  (session: Pick<AmiSession, 'ask'>): ReadSetting =>
  async (file, category, setting, index = -1) => {
    if (!PLAIN.test(category)) return undefined;
    const answer = await session.ask({
      Action: 'Getvar',
      Variable: `AST_CONFIG(${file},${category},${setting},${index})`,
    });
    return (answer.response === 'Success' && answer.get('Value')) || undefined;
  };

const MOST_LINES = 100;

/** Every line of that name, in their order. */
export const allLines = async (
  read: ReadSetting,
  file: string,
  category: string,
  setting: string,
): Promise<string[]> => {
  const lines: string[] = [];
  while (lines.length < MOST_LINES) {
    const line = await read(file, category, setting, lines.length);
    if (line === undefined) break;
    lines.push(line);
  }
  return lines;
};
