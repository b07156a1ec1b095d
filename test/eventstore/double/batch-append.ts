import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpcStatus from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Expected } from './append-check.ts';
import type { Node } from './node.ts';
import { notLeader } from './refusals.ts';
import type { Outcome, Proposal } from './store.ts';
import { proposalFrom, streamIdentifier, streamName } from './wire.ts';

type Batch = { stream: string; expected: Expected; proposals: Proposal[] };

/** Many appends over one call, told apart by correlation id; what is wrong with one of them is an answer, not an error. */
export const batchAppendHandler =
  (node: Node) =>
  (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void => {
    const refused = node.refuse(call.metadata);
    if (refused) {
      call.emit('error', refused);
      return;
    }
    const batches = new Map<string, Batch>();
    call.on('error', () => {});
    call.on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      const id = request.getCorrelationId()?.getString() ?? '';
      const options = request.getOptions();
      if (options) {
        const stream = streamName(options.getStreamIdentifier());
        batches.set(id, { stream, expected: expectedOf(options), proposals: [] });
      }
      const batch = batches.get(id);
      if (!batch) return;
      batch.proposals.push(...request.getProposedMessagesList().map(proposalFrom));
      if (!request.getIsFinal()) return;
      batches.delete(id);
      const fault = node.faults.append?.(batch.stream);
      if (fault?.is === 'silent') return;
      if (fault?.is === 'not-leader') {
        // It ends the whole call, with everything else that is under way on it.
        call.emit('error', notLeader(fault.leader));
        return;
      }
      const outcome = node.store.append(batch.stream, batch.expected, batch.proposals);
      if (fault?.is !== 'answer-lost') call.write(answer(id, batch, outcome));
    });
  };

const expectedOf = (options: InstanceType<typeof BatchAppendReq.Options>): Expected => {
  if (options.hasNoStream()) return 'none';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'exists';
  return Number(options.getStreamPosition());
};

const answer = (id: string, { stream, expected }: Batch, outcome: Outcome): BatchAppendResp => {
  const response = new streams.BatchAppendResp();
  const correlation = new shared.UUID();
  correlation.setString(id);
  response.setCorrelationId(correlation);
  response.setStreamIdentifier(streamIdentifier(stream));
  if (outcome.is !== 'done') {
    response.setError(errorStatus(stream, expected, outcome));
    return response;
  }
  const success = new streams.BatchAppendResp.Success();
  success.setCurrentRevision(String(outcome.revision));
  if (outcome.position === undefined) success.setNoPosition(new empty.Empty());
  else {
    const position = new shared.AllStreamPosition();
    position.setCommitPosition(String(outcome.position));
    position.setPreparePosition(String(outcome.position));
    success.setPosition(position);
  }
  response.setSuccess(success);
  return response;
};

const errorStatus = (stream: string, expected: Expected, outcome: Exclude<Outcome, { is: 'done' }>) => {
  const details = new any.Any();
  if (outcome.is === 'stream-deleted') {
    const deleted = new shared.StreamDeleted();
    deleted.setStreamIdentifier(streamIdentifier(stream));
    details.pack(deleted.serializeBinary(), 'event_store.client.StreamDeleted');
  } else {
    const wrong = new shared.WrongExpectedVersion();
    if (expected === 'none') wrong.setExpectedNoStream(new empty.Empty());
    else if (expected === 'any') wrong.setExpectedAny(new empty.Empty());
    else if (expected === 'exists') wrong.setExpectedStreamExists(new empty.Empty());
    else wrong.setExpectedStreamPosition(String(expected));
    if (outcome.current < 0) wrong.setCurrentNoStream(new empty.Empty());
    else wrong.setCurrentStreamRevision(String(outcome.current));
    details.pack(wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion');
  }
  const status = new rpcStatus.Status();
  status.setMessage(outcome.is);
  status.setDetails(details);
  return status;
};
