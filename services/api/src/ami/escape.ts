const ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '?': '\\?',
};

/** As Asterisk escapes caller and connected line names and the values of VarSet (main/utils.c, 16 to 23), and nothing else. */
export const escapeC = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  text.replace(/[\x07-\r\\'"?]/g, (character) => ESCAPES[character] ?? character);
