import type { FastifyInstance, FastifyReply } from 'fastify';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

/** Every other method is refused in Asterisk's words, before a body is looked at. */
export const allowOnly = (server: FastifyInstance, url: string, allowed: readonly Method[]): void => {
  const refuse = (reply: FastifyReply) =>
    reply.status(405).header('allow', allowed.join(', ')).send({ message: 'Invalid method' });
  server.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    exposeHeadRoute: false,
    onRequest: async (_request, reply) => refuse(reply),
    handler: (_request, reply) => refuse(reply),
  });
};
