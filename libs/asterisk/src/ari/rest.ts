import * as http from 'node:http';
import * as https from 'node:https';
import type { Scheduler } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import type { AriAnswer } from './answer.ts';
import { networkFailure } from './failure.ts';
import type { AriTarget } from './target.ts';

export type AriRest = {
  /** `path` is what follows `/ari`. Waits `deadline` milliseconds; takes `limit` bytes of body (default 1 MiB).
   * @throws RollcallError when there is no answer: PBX_UNREACHABLE, PBX_TLS, PBX_NOT_ASTERISK, PBX_NO_ANSWER */
  get(path: string, options: { deadline: number; limit?: number }): Promise<AriAnswer>;
  /** Every request under way fails with `reason`, and so does every later one. */
  end(reason: RollcallError): void;
};

/** More would only queue in Asterisk, which answers one request of a connection at a time. */
const CONNECTIONS = 4;
const LIMIT = 1024 * 1024;

/**
 * Not fetch: it can neither be given a certificate authority of its own nor be kept from following redirects with the
 * secret in hand, and it hides which of the things that can be wrong is wrong.
 */
export const createAriRest = (target: AriTarget, scheduler: Scheduler): AriRest => {
  const { send, Agent } = target.secure
    ? { send: https.request, Agent: https.Agent }
    : { send: http.request, Agent: http.Agent };
  const agent = new Agent({ maxSockets: CONNECTIONS });
  const failures = new Set<(reason: RollcallError) => void>();
  let ended: RollcallError | undefined;

  const get: AriRest['get'] = (path, { deadline, limit = LIMIT }) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const headers = { Authorization: target.authorization, Accept: 'application/json' };
      const { host, port, ca } = target;
      const request = send({ host, port, ca, agent, headers, path: `${target.path}${path}` });
      const settle = () => {
        cancel();
        failures.delete(fail);
      };
      const fail = (reason: RollcallError) => {
        settle();
        reject(reason);
        request.destroy();
      };
      const cancel = scheduler.after(deadline, () => fail(pbxError.noAnswer(target.where, `GET ${path}`)));
      failures.add(fail);
      request.on('error', (error) => fail(networkFailure(target, error)));
      request.on('response', (response) => {
        const pieces: Buffer[] = [];
        let length = 0;
        response.on('data', (piece: Buffer) => {
          length += piece.length;
          if (length > limit) fail(pbxError.notAsterisk(target.where, `GET ${path} gives more than ${limit} bytes`));
          else pieces.push(piece);
        });
        response.on('error', (error) => fail(networkFailure(target, error)));
        response.on('end', () => {
          settle();
          resolve(answered(response, Buffer.concat(pieces)));
        });
      });
      request.end();
    });

  return {
    get,
    end(reason) {
      ended ??= reason;
      for (const fail of [...failures]) fail(reason);
      agent.destroy();
    },
  };
};

export const answered = ({ statusCode = 0, headers }: http.IncomingMessage, body: Buffer): AriAnswer => ({
  status: statusCode,
  server: String(headers.server ?? ''),
  body: parsed(body),
});

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};
