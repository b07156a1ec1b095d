import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadKind } from './faults.ts';
import type { Node } from './node.ts';
import { invalidArgument, invalidPosition, notLeader, notReady, streamDeleted } from './refusals.ts';
import { type Responses, responses } from './responses.ts';
import type { StoredEvent } from './store.ts';
import { subscribeToAll } from './subscription.ts';
import { eventResponse, lastStreamPositionResponse, streamName, streamNotFoundResponse } from './wire.ts';

export type ReadOptions = InstanceType<typeof ReadReq.Options>;
export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const BACKWARDS = 1;

/** One call for reads of a stream, reads of `$all` and subscriptions, as the options say. */
export const readHandler =
  (node: Node) =>
  (call: ReadCall): void => {
    const kind = kindOf(call);
    const from = call.request.getOptions()?.getAll()?.getPosition()?.getCommitPosition() ?? '0';
    const fault = node.faults.read?.(kind, Number(from));
    const out = responses(call, fault);
    const work = async (): Promise<void> => {
      const refused = node.refuse(call.metadata);
      if (refused) throw refused;
      if (fault?.is === 'not-ready') throw notReady();
      if (fault?.is === 'not-leader') throw notLeader(fault.leader);
      const options = call.request.getOptions();
      if (!options) throw invalidArgument('no options');
      await handlers[kind](node, options, out);
    };
    work().then(out.end, out.fail);
  };

const kindOf = (call: ReadCall): ReadKind => {
  const options = call.request.getOptions();
  if (options?.hasSubscription()) return 'subscription';
  return options?.hasAll() ? 'read-all' : 'read-stream';
};

/** What a filter lets through; everything, system events too, without one. */
export const filterOf = (options: ReadOptions): ((event: StoredEvent) => boolean) => {
  const filter = options.getFilter();
  if (!filter) return () => true;
  const onStream = filter.getStreamIdentifier();
  const expression = onStream ?? filter.getEventType();
  const prefixes = expression?.getPrefixList() ?? [];
  const regex = expression?.getRegex() ? new RegExp(expression.getRegex()) : undefined;
  return (event) => {
    const text = onStream ? event.stream : event.type;
    return regex ? regex.test(text) : prefixes.some((prefix) => text.startsWith(prefix));
  };
};

/** Where a read of `$all` begins: forwards, at the event that stands there; backwards, at the one that ends there. */
export const allPosition = (node: Node, options: ReadOptions): number => {
  const all = options.getAll();
  if (all?.hasEnd()) return node.store.end();
  const position = all?.getPosition();
  if (!position) return 0;
  // The server shows no place beyond what it holds, and a client has no way to know one.
  const from = Math.min(Number(position.getCommitPosition()), node.store.end());
  if (!node.store.isPlace(from)) throw invalidPosition();
  return from;
};

const PAGE = 32;

const readAll = async (node: Node, options: ReadOptions, out: Responses): Promise<void> => {
  const matches = filterOf(options);
  let left = Number(options.getCount());
  const from = allPosition(node, options);
  if (options.getReadDirection() === BACKWARDS) {
    for (const event of node.store.backwards(from)) {
      if (left <= 0) return;
      if (!matches(event)) continue;
      await out.send(eventResponse(event));
      left -= 1;
    }
    return;
  }
  for (let next = from; left > 0; ) {
    const page = node.store.pageForwards(next, matches, Math.min(PAGE, left), Number.POSITIVE_INFINITY);
    for (const event of page.events) await out.send(eventResponse(event));
    left -= page.events.length;
    if (page.end) return;
    next = page.next;
  }
};

const readStream = async (node: Node, options: ReadOptions, out: Responses): Promise<void> => {
  const where = options.getStream();
  const name = streamName(where?.getStreamIdentifier());
  const stream = node.store.readStream(name);
  if (stream === 'stream-deleted') throw streamDeleted(name);
  if (!stream) return out.send(streamNotFoundResponse(name));
  const count = Number(options.getCount());
  const backwards = options.getReadDirection() === BACKWARDS;
  const from = where?.hasRevision() ? Number(where.getRevision()) : where?.hasEnd() ? stream.last : 0;
  const found = stream.events.filter(({ revision }) => (backwards ? revision <= from : revision >= from));
  if (backwards) found.reverse();
  for (const event of found.slice(0, count)) await out.send(eventResponse(event));
  if ((options.getControlOption()?.getCompatibility() ?? 0) >= 1) {
    await out.send(lastStreamPositionResponse(stream.last));
  }
};

const handlers: Record<ReadKind, (node: Node, options: ReadOptions, out: Responses) => Promise<void>> = {
  subscription: subscribeToAll,
  'read-all': readAll,
  'read-stream': readStream,
};
