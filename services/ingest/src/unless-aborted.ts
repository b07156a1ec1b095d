/** What `work` comes to, unless `signal` aborts first: then it rejects with what `why` gives, and the work is not waited for. */
export const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal, why: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(why());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const over = (): void => signal.removeEventListener('abort', onAbort);
    work.then(resolve, reject).finally(over);
  });
