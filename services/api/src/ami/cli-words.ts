/**
 * The words of a line of Asterisk's CLI (main/cli.c, 16 to 23): blanks and tabs part them, but not inside double quotes or behind a
 * backslash.
 */
export const cliWords = (line: string): string[] => {
  const words: string[] = [];
  let isBetween = true;
  let isQuoted = false;
  let isEscaped = false;
  const begin = (): void => {
    if (isBetween) words.push('');
    isBetween = false;
  };
  for (const character of line) {
    if (character === '"' && !isEscaped) {
      isQuoted = !isQuoted;
      if (isQuoted) begin();
    } else if ((character === ' ' || character === '\t') && !isQuoted && !isEscaped) {
      isBetween = true;
    } else if (character === '\\' && !isEscaped) {
      isEscaped = true;
      continue;
    } else {
      begin();
      words.push(`${words.pop() ?? ''}${character}`);
    }
    isEscaped = false;
  }
  return words;
};

const COMMANDS = ['core show channels', 'core show channel'].map((command) => command.split(' '));
/** Asterisk has room for 79 bytes here. */
const LONGEST_ADVICE = 79;

/** As far as some command goes on with these words, and two further: what Asterisk advises to ask for help about. */
export const nearestCommand = (words: readonly string[]): string => {
  const goesOn = (count: number): boolean =>
    COMMANDS.some((command) => words.slice(0, count).every((word, at) => word.toLowerCase() === command[at]));
  let count = 1;
  while (count < words.length && goesOn(count - 1)) count++;
  return Buffer.from(words.slice(0, count).join(' ')).subarray(0, LONGEST_ADVICE).toString();
};
