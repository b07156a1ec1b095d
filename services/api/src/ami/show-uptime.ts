const UNITS = [
  ['year', 31_536_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * `core show uptime [seconds]` (main/asterisk.c, 16 to 23). When it was last reloaded no feed says: not since it started, as in FullyBooted.
 * @param uptime seconds
 */
export const uptimeLines = (uptime: number, form: 'words' | 'seconds'): string => {
  const told = form === 'seconds' ? String(uptime) : inWords(uptime);
  return `System uptime: ${told}\nLast reload: ${told}\n`;
};

const inWords = (uptime: number): string => {
  let rest = uptime;
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest %= seconds;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return parts.join(', ') || '0 seconds';
};
