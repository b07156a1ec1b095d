const MEANING: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};

/**
 * Undoes Asterisk's C escapes (main/utils.c, 16 to 23). AMI escapes caller and connected line names, and the values of VarSet and
 * ChanVariable, and nothing else: channel names, application data and account codes come as they are.
 */
export const unescapeC = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/gs, (whole, letter: string) => MEANING[letter] ?? whole) : text;
