/** One at a time, in the order of asking: whatever writes to the cache goes through here, so that no two writers meet. */
export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>;

export const createTurnstile = (): Turnstile => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {}); // Who asked hears of it; the next one is let in all the same.
    return mine;
  };
};
