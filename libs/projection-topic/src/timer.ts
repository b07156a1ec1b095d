import type { Cancel, World } from '@rollcall/clock';

/** Something that is due some time after it was begun last; due at once before the first time. `woken` runs when it becomes due. */
export const createTimer = ({ scheduler }: World, ms: number, woken: () => void) => {
  let isDue = true;
  let cancel: Cancel = () => {};
  const due = (): void => {
    isDue = true;
    woken();
  };
  return {
    get isDue(): boolean {
      return isDue;
    },
    begin: (): void => {
      cancel();
      isDue = false;
      cancel = scheduler.after(ms, due);
    },
    now: due,
    end: (): void => cancel(),
  };
};
