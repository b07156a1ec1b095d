import { RollcallError } from '@rollcall/errors';
import type { FastifyReply } from 'fastify';
import { JobInTheWay } from '../jobs.ts';
import { statusFor, statusOf } from '../refusal.ts';

/**
 * What is wrong, as RFC 9457 has it, with our code and advice beside it. A defect tells nothing of the inside.
 */
export const problem = (reply: FastifyReply, error: unknown): FastifyReply => {
  const said = describe(error);
  if (said.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .status(said.status)
    .type('application/problem+json; charset=utf-8')
    .send({ type: `urn:rollcall:${said.code}`, title: said.code, detail: said.message, ...said });
};

const describe = (error: unknown) => {
  if (error instanceof RollcallError) {
    const { code, message, advice } = error;
    return { status: statusFor(code), code, message, advice, ...(error instanceof JobInTheWay && { job: error.job }) };
  }
  const status = statusOf(error);
  return status < 500
    ? { status, code: 'REQUEST_WRONG', message: (error as Error).message, advice: 'See /v1/openapi.json.' }
    : { status, code: 'INTERNAL', message: 'Internal error', advice: 'The log of this Rollcall says more.' };
};
