import { position } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import type { Finding } from './finding.ts';
import { turn } from './subscription.ts';

/** Streams looked at in one query, which takes a few milliseconds. */
const STREAMS = 1_000;

type WrongStream = {
  id: number;
  name: string;
  closed: number | null;
  events: number;
  first: number | null;
  last: number | null;
  begun: number | null;
  ended: number | null;
};

function* findingsOf({ id, name, closed, events, first, last, begun, ended }: WrongStream): Generator<Finding> {
  const place = { stream: name, position: position(id) };
  if (events === 0) {
    yield { what: 'stream', ...place, detail: 'it has no events' };
    return;
  }
  if (first !== 0 || last !== events - 1) {
    yield { what: 'gap', ...place, detail: `it has ${events} events, of revisions ${first} to ${last}` };
  }
  if (first === 0 && begun !== id) {
    yield { what: 'stream', ...place, detail: `it is numbered ${id}, and its first event is at ${begun}` };
  }
  if (closed !== null && closed !== ended) {
    const detail = `it is kept as closed at position ${closed}; its last event is at position ${ended}`;
    yield { what: 'head', ...place, detail };
  }
}

/** The table of streams against the events: revisions without gaps from 0, and no event behind the end. */
export async function* checkStreams(db: Database.Database, signal: AbortSignal | undefined): AsyncGenerator<Finding> {
  // The index of streams and revisions holds the position too: no event itself is read.
  const wrong = db.prepare<[number, number], WrongStream>(
    `SELECT * FROM (
       SELECT s.id, s.name, s.closed, count(e.position) AS events, min(e.revision) AS first, max(e.revision) AS last,
         min(e.position) AS begun, max(e.position) AS ended
       FROM streams AS s LEFT JOIN events AS e ON e.stream = s.id
       WHERE s.id > ? AND s.id <= ?
       GROUP BY s.id
     )
     WHERE events = 0 OR first <> 0 OR last <> events - 1 OR begun <> id OR closed <> ended`,
  );
  const lastOf = db
    .prepare<[number], number>(`SELECT id FROM streams WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${STREAMS - 1}`)
    .pluck();
  for (let after: number | undefined = 0; after !== undefined; ) {
    const upTo: number | undefined = lastOf.get(after);
    for (const stream of wrong.all(after, upTo ?? Number.MAX_SAFE_INTEGER)) yield* findingsOf(stream);
    after = upTo;
    await turn();
    if (signal?.aborted) return;
  }
}
