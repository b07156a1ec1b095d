import { position } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import type { Finding } from './check.ts';
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
  terminal: number | null;
};

const wrongIn = (db: Database.Database, terminal: (type: string) => boolean) => {
  const kinds = db.prepare<[], { id: number; type: string }>('SELECT id, type FROM kinds').all();
  const ends = kinds.filter(({ type }) => terminal(type)).map(({ id }) => id);
  // The index of streams and revisions holds the position too, so only the last event of each stream is looked up.
  return db.prepare<[number, number], WrongStream>(`
    WITH stream AS (
      SELECT s.id, s.name, s.closed, count(e.position) AS events, min(e.revision) AS first, max(e.revision) AS last,
        min(e.position) AS begun, max(e.position) AS ended
      FROM streams AS s LEFT JOIN events AS e ON e.stream = s.id
      WHERE s.id > ? AND s.id <= ?
      GROUP BY s.id
    ), judged AS (
      SELECT *, (SELECT CASE WHEN kind IN (${ends.join()}) THEN ended END FROM events WHERE position = ended) AS terminal
      FROM stream
    )
    SELECT * FROM judged
    WHERE events = 0 OR first <> 0 OR last <> events - 1 OR begun <> id OR closed IS NOT terminal
  `);
};

function* findingsOf({ id, name, closed, events, first, last, begun, terminal }: WrongStream): Generator<Finding> {
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
  if (closed !== terminal) {
    const known = closed === null ? 'open' : `closed at position ${closed}`;
    const found = terminal === null ? 'it is open' : `it closed at position ${terminal}`;
    yield { what: 'head', ...place, detail: `it is kept as ${known}; by its events ${found}` };
  }
}

/** The table of streams against the events: revisions without gaps from 0, and open or closed as the last event says. */
export async function* checkStreams(
  db: Database.Database,
  terminal: (type: string) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding> {
  const wrong = wrongIn(db, terminal);
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
