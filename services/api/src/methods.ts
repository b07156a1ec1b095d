import { RollcallError } from '@rollcall/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

/** Every other method is refused before a body is looked at, and told which there are. */
export const allowOnly = (server: FastifyInstance, url: string, allowed: readonly Method[]): void => {
  const refuse = async (_request: unknown, reply: FastifyReply): Promise<never> => {
    reply.header('allow', allowed.join(', '));
    throw new RollcallError('METHOD_UNKNOWN', 'Invalid method', `Ask with ${allowed.join(' or ')}.`);
  };
  server.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    exposeHeadRoute: false,
    onRequest: refuse,
    handler: refuse,
  });
};
