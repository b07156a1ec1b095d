import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision } from '../event-log.ts';

/** What is asked of the server, in its own messages. Stream names are those of the server here, prefix and all. */

const identifier = (name: string) => {
  const stream = new shared.StreamIdentifier();
  stream.setStreamName(Buffer.from(name).toString('base64'));
  return stream;
};

/** Events the server looks at before it reads on, and after which it tells how far it is, also when none was ours. */
const WINDOW = 1_000;

const optionsOfRead = (backwards: boolean) => {
  const options = new streams.ReadReq.Options();
  const uuid = new streams.ReadReq.Options.UUIDOption();
  uuid.setString(new shared.Empty());
  options.setUuidOption(uuid);
  options.setReadDirection(backwards ? 1 : 0);
  return options;
};

const requestOf = (options: InstanceType<typeof ReadReq.Options>): ReadReq => {
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
};

const prefixFilter = (prefixes: readonly string[]) => {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  expression.setPrefixList([...prefixes]);
  const filter = new streams.ReadReq.Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setMax(WINDOW);
  filter.setCheckpointintervalmultiplier(1);
  return filter;
};

/** Everything after `after` in streams whose names begin so, then what is appended, with checkpoints between. */
export const subscribeRequest = (prefixes: readonly string[], after: number): ReadReq => {
  const all = new streams.ReadReq.Options.AllOptions();
  if (after === 0) {
    all.setStart(new shared.Empty());
  } else {
    const position = new streams.ReadReq.Options.Position();
    position.setCommitPosition(String(after));
    position.setPreparePosition(String(after));
    all.setPosition(position);
  }
  const options = optionsOfRead(false);
  options.setAll(all);
  options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
  options.setFilter(prefixFilter(prefixes));
  return requestOf(options);
};

/** The newest `count` events of streams whose names begin so, the newest first. */
export const newestRequest = (prefixes: readonly string[], count: number): ReadReq => {
  const all = new streams.ReadReq.Options.AllOptions();
  all.setEnd(new shared.Empty());
  const options = optionsOfRead(true);
  options.setAll(all);
  options.setCount(String(count));
  options.setFilter(prefixFilter(prefixes));
  return requestOf(options);
};

/** At most `count` events of a stream: from revision `from` on, or, with `last`, its last ones backwards. */
export const streamRequest = (name: string, from: number | 'last', count: number): ReadReq => {
  const stream = new streams.ReadReq.Options.StreamOptions();
  stream.setStreamIdentifier(identifier(name));
  if (from === 'last') stream.setEnd(new shared.Empty());
  else stream.setRevision(String(from));
  const control = new streams.ReadReq.Options.ControlOption();
  // So that the server tells a stream's last revision also when every event of it is hidden.
  control.setCompatibility(1);
  const options = optionsOfRead(from === 'last');
  options.setStream(stream);
  options.setCount(String(count));
  options.setControlOption(control);
  options.setNoFilter(new shared.Empty());
  return requestOf(options);
};

export type Proposal = { id: string; type: string; data: Uint8Array; metadata: Uint8Array };

const proposalMessage = ({ id, type, data, metadata }: Proposal): AppendReq => {
  const uuid = new shared.UUID();
  uuid.setString(id);
  const message = new streams.AppendReq.ProposedMessage();
  message.setId(uuid);
  message.getMetadataMap().set('type', type);
  message.getMetadataMap().set('content-type', 'application/json');
  message.setData(data);
  message.setCustomMetadata(metadata);
  const request = new streams.AppendReq();
  request.setProposedMessage(message);
  return request;
};

/** One append. It can be sent again and again, and is the same request each time. */
export const appendMessages = (
  name: string,
  expected: ExpectedRevision | 'any',
  proposals: readonly Proposal[],
): AppendReq[] => {
  const options = new streams.AppendReq.Options();
  options.setStreamIdentifier(identifier(name));
  if (expected === 'none') options.setNoStream(new shared.Empty());
  else if (expected === 'any') options.setAny(new shared.Empty());
  else options.setRevision(String(expected));
  const header = new streams.AppendReq();
  header.setOptions(options);
  return [header, ...proposals.map(proposalMessage)];
};
