import type { Outcome, Proposal, StoredStream } from './store.ts';

/** A revision, or `none`: there is no stream; `any`: no matter; `exists`: there is one. */
export type Expected = number | 'none' | 'any' | 'exists';

type Facts = { softDeleted: boolean; metastreamExists: boolean };

/**
 * What the server decides on an append, before it writes anything (its IndexWriter.CheckCommit): below the current revision the
 * event ids at exactly those numbers are compared; at the current revision they are not.
 */
export const checkAppend = (
  stream: StoredStream,
  { softDeleted, metastreamExists }: Facts,
  expected: Expected,
  proposals: readonly Proposal[],
): { is: 'write' } | Outcome => {
  if (stream.tombstoned) return { is: 'stream-deleted' };
  const { last } = stream;
  const wrong: Outcome = { is: 'wrong-revision', current: last };
  if (expected === 'exists') {
    // Also what the server says of a stream that is only soft-deleted.
    if (softDeleted) return { is: 'stream-deleted' };
    if (last < 0 && !metastreamExists) return wrong;
  }
  if (expected === 'any' || expected === 'exists') return alreadyThere(stream, proposals) ?? { is: 'write' };

  const at = expected === 'none' ? -1 : expected;
  if (at > last) return wrong;
  if (at === last) return { is: 'write' };
  for (const [index, { id }] of proposals.entries()) {
    if (eventAt(stream, at + 1 + index)?.id === id) continue;
    return index === 0 && at === -1 && softDeleted ? { is: 'write' } : wrong;
  }
  if (proposals.length === 0) return at === -1 && softDeleted ? { is: 'write' } : wrong;
  const end = at + proposals.length;
  return { is: 'done', revision: end, position: eventAt(stream, end)?.position };
};

const eventAt = (stream: StoredStream, revision: number) => {
  const first = stream.events[0]?.revision ?? 0;
  const direct = stream.events[revision - first];
  return direct?.revision === revision ? direct : stream.events.find((event) => event.revision === revision);
};

/** Best effort: the real server remembers some megabytes of recent ids, this one the last thousand events of the stream. */
const alreadyThere = (stream: StoredStream, proposals: readonly Proposal[]): Outcome | undefined => {
  const recent = stream.events.slice(-1_000);
  const found = proposals.map(({ id }) => recent.find((event) => event.id === id));
  const end = found.at(-1);
  if (!found[0]) return undefined;
  if (!end || found.includes(undefined)) return { is: 'wrong-revision', current: stream.last };
  return { is: 'done', revision: end.revision, position: end.position };
};
