/**
 * Streams that the log has, and not all that was written to them. Those that were begun and given up are not among them: the log never
 * heard of them.
 */
export const createLost = () => {
  const lost = new Set<string>();
  const unborn = new Set<string>();
  return {
    /** `isNew`: it began with what was given up, for all the log knows; `isOver`: it ended with it. */
    had: (stream: string, isNew: boolean, isOver: boolean): void => {
      if (isNew) unborn.add(stream);
      else if (!unborn.has(stream)) lost.add(stream);
      if (isOver) unborn.delete(stream);
    },
    /** All of them, once; undefined when nothing was lost. */
    take: (): string[] | undefined => {
      const all = lost.size + unborn.size > 0 ? [...lost] : undefined;
      lost.clear();
      unborn.clear();
      return all;
    },
  };
};
