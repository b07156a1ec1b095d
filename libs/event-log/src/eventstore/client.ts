import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { AppendReq, AppendResp, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { RollcallError } from '@rollcall/errors';

/**
 * The package's client, for what it does well: finding the leader, TLS, credentials, and connecting anew. Its own append and
 * subscriptions are passed by, at the calls beneath them:
 * - its batch append has no deadline that ends it, and one error on any client fails the appends of all
 * - its subscription tells of a checkpoint before the events ahead of it were handled
 * - its reads of `$all` have no filter
 */
export type Client = EventStoreDBClient;

export type ReadCall = ReturnType<StreamsClient['read']>;

function guardReconnect(this: Client): void {
  const reconnect = this.handleError;
  // Nobody awaits it: were it to reject while the next connection is sought in vain, the process would end.
  this.handleError = (client, error) => reconnect(client, error).catch(() => {});
}

/** Connects with the first call, not before. */
export const openClient = (url: string, where: string): Client => {
  try {
    const client = EventStoreDBClient.connectionString(url);
    guardReconnect.call(client);
    return client;
  } catch (error) {
    // The client's own message may hold parts of the string.
    const why =
      error instanceof Error && /^(Failed to load|userCertFile|Invalid)/.test(error.message) ? error.message : '';
    throw new RollcallError(
      'LOG_ADDRESS_INVALID',
      `The connection string of the event log ${where} cannot be used. ${why}`.trim(),
      'Check its options and the files that they name.',
    );
  }
};

/** `deadline`: milliseconds until the call fails by itself. */
export type CallOptions = { requiresLeader: boolean; deadline: number };

/** One append as one call. What comes back also when the revision was wrong is a response. */
export function append(this: Client, messages: readonly AppendReq[], options: CallOptions): Promise<AppendResp> {
  return this.execute(
    StreamsClient,
    'append',
    (client) =>
      new Promise<AppendResp>((resolve, reject) => {
        const call = client.append(...this.callArguments(options), (error, response) =>
          error ? reject(error) : resolve(response),
        );
        call.on('error', reject);
        for (const message of messages) call.write(message);
        call.end();
      }),
  );
}

/** A read or a subscription; it ends by itself, or when it is cancelled. `prepare` sees it before anything can happen to it. */
export function read(
  this: Client,
  request: ReadReq,
  requiresLeader: boolean,
  prepare: (call: ReadCall) => void,
): Promise<ReadCall> {
  const create = this.GRPCStreamCreator(StreamsClient, 'read', (client) => {
    const call = client.read(
      request,
      ...this.callArguments({ requiresLeader }, { deadline: Number.POSITIVE_INFINITY }),
    );
    prepare(call);
    return call;
  });
  return create();
}

/** Cancels whatever is under way and lets go of the connection. */
export async function close(this: Client): Promise<void> {
  // Not awaited: it waits for every call to be read to its end, and there may be readers who never come back.
  void this.dispose();
  const channel = await this.getChannel().catch(() => undefined);
  channel?.close();
}
