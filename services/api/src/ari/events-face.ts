import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Sockets, wantsUpgrade } from '../upgrade.ts';
import { saysYes } from '../yes.ts';
import type { Applications } from './applications.ts';
import type { Scope } from './fleet.ts';

const MOST_SOCKETS = 1_000;
const MOST_APPLICATIONS = 100;
const LONGEST_NAME = 255;

type Follow = (
  request: FastifyRequest,
  reply: FastifyReply,
  scope: Scope,
  applications: Applications,
) => Promise<FastifyReply | undefined>;

/** `/events`: a websocket that is told what happens. What is wrong is said in HTML here, as Asterisk's websocket server does. */
export const eventsFace =
  (sockets: Sockets): Follow =>
  async (request, reply, scope, applications) => {
    if (!wantsUpgrade(request)) return page(reply, 426, 'Upgrade Required', '');
    if (!speaksAri(request.headers['sec-websocket-protocol'])) {
      return reply.status(400).header('sec-websocket-version', '7, 8, 13').send();
    }
    const names = applicationNames(request.query);
    if (names.length === 0) return page(reply, 400, 'Bad Request', 'HTTP request is missing param: [app]');
    if (names.length > MOST_APPLICATIONS || names.some((name) => name.length > LONGEST_NAME)) {
      return page(reply, 400, 'Bad Request', 'Invalid application provided in param [app].');
    }
    if (applications.sockets >= MOST_SOCKETS) return page(reply, 503, 'Service Unavailable', 'Too many websockets');
    const query = request.query as Record<string, unknown>;
    const all = [query.subscribeAll].flat().at(-1);
    const socket = await sockets.accept(request, reply);
    if (socket) applications.connect(socket, scope, names, typeof all === 'string' && saysYes(all));
    return undefined;
  };

/** Whoever names protocols must name this one, in any case, as in Asterisk; most clients name none. */
const speaksAri = (offered: string | undefined): boolean =>
  offered === undefined || offered.split(',').some((one) => one.trim().toLowerCase() === 'ari');

/** `app=a,b` and `app=a&app=b` mean the same. */
const applicationNames = (query: unknown): string[] => {
  const given: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'app') : undefined;
  const texts = [given].flat().filter((one) => typeof one === 'string');
  return [...new Set(texts.flatMap((text) => text.split(',')).map((name) => name.trim()))].filter(Boolean);
};

const page = (reply: FastifyReply, status: number, title: string, text: string): FastifyReply =>
  reply
    .status(status)
    .headers({ 'cache-control': 'no-cache, no-store', 'content-type': 'text/html' })
    .send(
      `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\r\n<html><head>\r\n<title>${status} ${title}</title>\r\n</head><body>\r\n` +
        `<h1>${title}</h1>\r\n<p>${text}</p>\r\n<hr />\r\n<address>Rollcall</address>\r\n</body></html>\r\n`,
    );
