import type { Job } from '@rollcall/api/operations';
import { errorLine, RollcallError } from '@rollcall/errors';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import type { Operator } from './operator.ts';
import { ownOperator } from './own-operator.ts';
import { dataOf, type OperatingPlace, runningServer } from './place.ts';
import { remoteOperator } from './remote-operator.ts';
import { showProgress } from './show-progress.ts';

/**
 * Runs an operation to its end: in the Rollcall that runs, or, where none does, here. Ctrl-C stops it, a second one this process.
 * @throws RollcallError what the operation failed with, or why it could not be asked for
 */
export const operate = async <Result>(options: {
  operation: string;
  body: unknown;
  result: z.ZodType<Result>;
  place: OperatingPlace;
  json: boolean;
  context: Context;
}): Promise<Result> => {
  const { operation, body, place, json, context } = options;
  const operator = await openOperator(place, context);
  try {
    const job = await runJob(operator, await operator.start(operation, body), json, context);
    if (job.state === 'done') return options.result.parse(job.result);
    const { code, message, advice } = job.error ?? { code: 'DEFECT', message: 'No reason was given.', advice: '' };
    throw new RollcallError(code, message, advice);
  } finally {
    await operator.close();
  }
};

const openOperator = async (place: OperatingPlace, context: Context): Promise<Operator> => {
  const server = runningServer(place, context);
  if (server) return remoteOperator(server, context.world);
  const data = dataOf(place, context);
  const operator = await ownOperator(data, context);
  context.terminal.err(`No Rollcall runs on ${data}: this process does it.\n`);
  return operator;
};

const runJob = async (operator: Operator, { id }: Job, json: boolean, { terminal }: Context): Promise<Job> => {
  const shown = showProgress(terminal, json);
  const stop = (): void => {
    shown.done();
    terminal.err('Stopping; once more ends at once.\n');
    operator.stop(id).catch((error) => terminal.err(`${errorLine(error)}\n`));
  };
  process.once('SIGINT', stop);
  try {
    return await operator.follow(id, ({ progress }) => {
      if (progress) shown.at(progress);
    });
  } finally {
    process.off('SIGINT', stop);
    shown.done();
  }
};
