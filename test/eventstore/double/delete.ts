import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Expected } from './append-check.ts';
import type { Node } from './node.ts';
import { streamDeleted, wrongExpectedVersion } from './refusals.ts';
import { streamName } from './wire.ts';

type Options = InstanceType<typeof DeleteReq.Options> | InstanceType<typeof TombstoneReq.Options> | undefined;

/** How the server writes what is no revision, where it writes numbers. */
const AS_NUMBERS: Partial<Record<Expected, number>> = { none: -1, any: -2, exists: -4 };

const expectedOf = (options: Options): Expected => {
  if (options?.hasRevision()) return Number(options.getRevision());
  return options?.hasNoStream() ? 'none' : 'any';
};

export const deleteHandler =
  (node: Node) =>
  ({ request }: ServerUnaryCall<DeleteReq, DeleteResp>): DeleteResp => {
    const options = request.getOptions();
    const stream = streamName(options?.getStreamIdentifier());
    const expected = expectedOf(options);
    const outcome = node.store.softDelete(stream, expected);
    if (outcome.is === 'stream-deleted') throw streamDeleted(stream);
    if (outcome.is === 'wrong-revision')
      throw wrongExpectedVersion(stream, AS_NUMBERS[expected] ?? Number(expected), outcome.current);
    const position = new streams.DeleteResp.Position();
    position.setCommitPosition(String(outcome.position));
    position.setPreparePosition(String(outcome.position));
    const response = new streams.DeleteResp();
    response.setPosition(position);
    return response;
  };

export const tombstoneHandler =
  (node: Node) =>
  ({ request }: ServerUnaryCall<TombstoneReq, TombstoneResp>): TombstoneResp => {
    const stream = streamName(request.getOptions()?.getStreamIdentifier());
    const outcome = node.store.tombstone(stream);
    if (outcome.is !== 'done') throw streamDeleted(stream);
    const position = new streams.TombstoneResp.Position();
    position.setCommitPosition(String(outcome.position));
    position.setPreparePosition(String(outcome.position));
    const response = new streams.TombstoneResp();
    response.setPosition(position);
    return response;
  };
