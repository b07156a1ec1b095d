import type { Job } from '@rollcall/api/operations';
import { Presets, SingleBar } from 'cli-progress';
import { jsonLine } from '../reading/json-line.ts';
import { span } from '../reading/span.ts';
import type { Terminal } from '../terminal.ts';

type Report = NonNullable<Job['progress']>;

export type ShownProgress = { at: (report: Report) => void; done: () => void };

/** How far a job is: lines of JSON where they were asked for, else a bar on a terminal, else nothing. */
export const showProgress = (terminal: Terminal, json: boolean): ShownProgress => {
  if (json) return { at: (progress) => terminal.out(jsonLine({ progress })), done: () => {} };
  if (terminal.columns === undefined) return { at: () => {}, done: () => {} };
  const bar = new SingleBar(
    {
      format: '{phase} {bar} #{value} of #{total}{speed}{left}',
      barsize: 20,
      clearOnComplete: true,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  let begun = false;
  let over = false;
  return {
    at: (report) => {
      if (over) return;
      if (!begun) bar.start(report.target, report.position, texts(report));
      begun = true;
      bar.setTotal(report.target);
      bar.update(report.position, texts(report));
    },
    done: () => {
      if (begun && !over) bar.stop();
      over = true;
    },
  };
};

const texts = ({ phase, eventsPerSecond, secondsLeft }: Report) => ({
  phase,
  speed: eventsPerSecond > 0 ? `, ${eventsPerSecond.toLocaleString('en')} events/s` : '',
  left: secondsLeft === undefined ? '' : `, ${span(secondsLeft * 1_000)} left`,
});
