import { RollcallError } from '@rollcall/errors';
import type { z } from 'zod';

/** How far an operation is. `position` and `target` are places in the log, or what else the operation counts. */
export type Progress = {
  phase: string;
  position: number;
  target: number;
  /** Events read so far. */
  events: number;
};

/** What a running operation is given. It ends soon after `signal` aborts, by rejecting; what it did is then whole or not done. */
export type JobControl = {
  signal: AbortSignal;
  progress: (progress: Progress) => void;
};

/** Something that an operator may ask for; it runs as a job. */
export type Operation = {
  name: string;
  /** It changes the list or the log: one of these at a time. */
  changes: boolean;
  /** What may be asked of it. */
  body: z.ZodType;
  /** @throws RollcallError BODY_WRONG */
  prepare: (body: unknown) => { body: unknown; run: (job: JobControl) => Promise<unknown> };
};

/** An operation from its parts; `run` resolves with what whoever asked is told, which must be able to become JSON. */
export const operation = <Body extends z.ZodType>(parts: {
  name: string;
  body: Body;
  changes: boolean;
  run: (body: z.output<Body>, job: JobControl) => Promise<unknown>;
}): Operation => ({
  name: parts.name,
  changes: parts.changes,
  body: parts.body,
  prepare: (body) => {
    const checked = parts.body.safeParse(body ?? {});
    if (!checked.success) throw bodyWrong(parts.name, checked.error.issues[0]);
    return { body: checked.data, run: (job) => parts.run(checked.data, job) };
  },
});

const bodyWrong = (name: string, issue: z.core.$ZodIssue | undefined): RollcallError => {
  const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.');
  return new RollcallError(
    'BODY_WRONG',
    `Body of ${name}: ${field ? `${field}: ` : ''}${issue?.message ?? 'not understood'}.`,
    'docs/operating.md tells what each operation takes.',
  );
};
