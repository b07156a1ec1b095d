/** Resolves with the signal by which a service is stopped. */
export const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does what goes on until whoever runs it ends it (Ctrl-C, say), or `also` aborts.
 * @param work may end itself by `ending.abort()`, or before that
 */
export const untilEnded = async (
  also: AbortSignal | undefined,
  work: (ending: AbortController) => Promise<void>,
): Promise<void> => {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of SIGNALS) process.once(signal, end);
  also?.addEventListener('abort', end, { once: true });
  if (also?.aborted) end();
  try {
    await work(ending);
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    also?.removeEventListener('abort', end);
  }
};
