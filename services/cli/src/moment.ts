import { RollcallError } from '@rollcall/errors';

export type Moment = { is: 'position'; position: number } | { is: 'time'; time: number };

const AGO = /^-(\d+(?:\.\d+)?)(s|m|h|d)$/;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
/** Milliseconds from 1970 on: what is farther away is no date. */
const FARTHEST = 8.64e15;
const CLOCK = /^\d{2}:\d{2}(?::\d{2})?$/;

/**
 * What `--at` says: a position (`12345`), an ISO time (`2026-11-22T14:03:00Z`; without a zone it is local), a time of the
 * last 24 hours (`14:03`), or a while ago (`-10m`; s, m, h, d).
 * @param now milliseconds since 1970
 * @throws RollcallError AT_UNCLEAR
 */
export const moment = (text: string, now: number): Moment => {
  if (/^\d{1,15}$/.test(text)) return { is: 'position', position: Number(text) };
  const ago = AGO.exec(text);
  const then = ago ? now - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS] : Number.NaN;
  if (Math.abs(then) <= FARTHEST) return { is: 'time', time: then };
  const time = CLOCK.test(text) ? lastTime(text, now) : timeOf(text);
  if (!Number.isNaN(time)) return { is: 'time', time };
  throw new RollcallError(
    'AT_UNCLEAR',
    `${JSON.stringify(text.slice(0, 60))} is neither a position nor a time.`,
    'Give a position (12345), a time (2026-11-22T14:03:00Z, "2026-11-22 14:03", 14:03) or a while ago (-10m).',
  );
};

/** The clock of whoever asks may be ahead: that is not yesterday. */
const AHEAD_MS = 60_000;
const DAY_MS = 86_400_000;

/** At three in the morning 23:50 is yesterday's. */
const lastTime = (clock: string, now: number): number => {
  const today = timeOf(`${localDate(now)}T${clock}`);
  return today > now + AHEAD_MS ? timeOf(`${localDate(now - DAY_MS)}T${clock}`) : today;
};

const timeOf = (text: string): number =>
  ISO.test(text) && isDay(text.slice(0, DATE)) ? Date.parse(localWithoutZone(text)) : Number.NaN;

/** Of 2026-11-22. */
const DATE = 10;

/** February has no 30th: JavaScript would take it for a day of March. */
const isDay = (date: string): boolean => {
  const day = new Date(`${date}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.getUTCDate() === Number(date.slice(-2));
};

/** JavaScript takes a date alone for one of UTC. */
const localWithoutZone = (text: string): string => (text.length === DATE ? `${text}T00:00` : text.replace(' ', 'T'));

const localDate = (now: number): string => {
  const date = new Date(now);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};
