/** One `eventfilter` of a user of manager.conf. */
export type EventFilter = {
  /** As it stands there. */
  text: string;
  action: 'include' | 'exclude';
  /** For sure about this event, or for sure not; undefined: it depends on more than the event's name. */
  matches: (event: string) => boolean | undefined;
};

/**
 * `!Event: Hangup` or `Event: (Newchannel|Hangup)` (all versions): a regular expression over the whole text of an event; `!` excludes.
 */
export const plainFilter = (value: string): EventFilter => {
  const action = value.startsWith('!') ? 'exclude' : 'include';
  const pattern = action === 'exclude' ? value.slice(1) : value;
  let expression: RegExp | undefined;
  try {
    expression = new RegExp(pattern);
  } catch {
    // POSIX has forms that JavaScript does not know.
  }
  // Anything more may match what else an event says.
  const isOfName = /^\^?Event: [\w()|]+$/.test(pattern);
  return {
    text: `eventfilter=${value}`,
    action,
    matches: (event) => {
      if (expression?.test(`Event: ${event}\r\n`)) return true;
      return expression !== undefined && isOfName ? false : undefined;
    },
  };
};

/** `eventfilter(action(exclude),name(Hangup),header(Channel),method(regex)) = …` (18.26, 20.11, 21.6, 22.1 and later). */
export const namedFilter = (setting: string, value: string): EventFilter => {
  const of = (criterion: string): string | undefined => new RegExp(`\\b${criterion}\\(([^)]*)\\)`).exec(setting)?.[1];
  const name = of('name');
  const needsMore = value !== '' || of('header') !== undefined;
  return {
    text: `${setting}=${value}`,
    action: of('action') === 'exclude' ? 'exclude' : 'include',
    matches: (event) => {
      if (name !== undefined && name !== event) return false;
      return needsMore ? undefined : true;
    },
  };
};

/** Of these events, those that never pass, and those of which some may not. */
export const hiddenBy = (
  filters: readonly EventFilter[],
  events: readonly string[],
): { hidden: string[]; doubtful: string[] } => {
  const excludes = filters.filter(({ action }) => action === 'exclude');
  const includes = filters.filter(({ action }) => action === 'include');
  const hidden: string[] = [];
  const doubtful: string[] = [];
  for (const event of events) {
    const out = excludes.map(({ matches }) => matches(event));
    const within = includes.map(({ matches }) => matches(event));
    const isIncluded = includes.length === 0 || within.includes(true);
    if (out.includes(true) || (!isIncluded && !within.includes(undefined))) hidden.push(event);
    else if (out.includes(undefined) || !isIncluded) doubtful.push(event);
  }
  return { hidden, doubtful };
};
