import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream } from '@grpc/grpc-js';
import type { Expected } from './append-check.ts';
import type { Node } from './node.ts';
import {
  appendTooLarge,
  invalidArgument,
  notLeader,
  notReady,
  shutDown,
  streamDeleted,
  timedOut,
  tooBusy,
} from './refusals.ts';
import type { Outcome, Proposal } from './store.ts';
import { proposalFrom, streamName } from './wire.ts';

/** An append to one stream, with the events in messages of their own behind the options. */
export const appendHandler =
  (node: Node) =>
  async (call: ServerReadableStream<AppendReq, AppendResp>): Promise<AppendResp> => {
    let options: InstanceType<typeof AppendReq.Options> | undefined;
    const proposals: Proposal[] = [];
    for await (const request of call as AsyncIterable<AppendReq>) {
      options ??= request.getOptions();
      const message = request.getProposedMessage();
      if (message) proposals.push(proposalFrom(message));
    }
    if (!options) throw invalidArgument('no options');
    const stream = streamName(options.getStreamIdentifier());
    return withFaults(node, { stream, expected: expectedOf(options), proposals });
  };

type Append = { stream: string; expected: Expected; proposals: Proposal[] };

const expectedOf = (options: InstanceType<typeof AppendReq.Options>): Expected => {
  if (options.hasNoStream()) return 'none';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'exists';
  return Number(options.getRevision());
};

const never = <T>(): Promise<T> => new Promise(() => {});

const withFaults = async (node: Node, append: Append): Promise<AppendResp> => {
  const fault = node.faults.append?.(append.stream);
  switch (fault?.is) {
    case 'silent':
      return never();
    case 'answer-lost':
      settle(node, append);
      return never();
    case 'cut-after-write':
      settle(node, append);
      throw shutDown();
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return settle(node, append);
    case 'not-ready':
      throw notReady();
    case 'busy':
      throw tooBusy();
    case 'timeout':
      if (fault.written) settle(node, append);
      throw timedOut();
    case 'not-leader':
      throw notLeader(fault.leader);
    default:
      return settle(node, append);
  }
};

const settle = (node: Node, append: Append): AppendResp => {
  const size = append.proposals.reduce(
    (sum, { data, metadata, type }) => sum + data.length + metadata.length + 2 * type.length,
    0,
  );
  if (size > node.maxAppendSize) throw appendTooLarge(node.maxAppendSize);
  const outcome = node.store.append(append.stream, append.expected, append.proposals);
  if (outcome.is === 'stream-deleted') throw streamDeleted(append.stream);
  return response(append, outcome);
};

/** A wrong revision is no error on this call: it is an answer. */
const response = ({ expected }: Append, outcome: Exclude<Outcome, { is: 'stream-deleted' }>): AppendResp => {
  const message = new streams.AppendResp();
  if (outcome.is === 'done') {
    const success = new streams.AppendResp.Success();
    if (outcome.revision < 0) success.setNoStream(new shared.Empty());
    else success.setCurrentRevision(String(outcome.revision));
    if (outcome.position === undefined) success.setNoPosition(new shared.Empty());
    else {
      const position = new streams.AppendResp.Position();
      position.setCommitPosition(String(outcome.position));
      position.setPreparePosition(String(outcome.position));
      success.setPosition(position);
    }
    message.setSuccess(success);
    return message;
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else if (expected === 'exists') wrong.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'none') wrong.setExpectedNoStream(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  if (outcome.current < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(outcome.current));
  message.setWrongExpectedVersion(wrong);
  return message;
};
