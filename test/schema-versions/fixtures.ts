import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRow } from '../support/log-rows.ts';

/** Of a schema version: the log that it wrote, a row a line, and the list that it means today. */
export const fixtureFiles = (version: number): { log: string; list: string } => ({
  log: join(import.meta.dirname, `v${version}.log.ndjson`),
  list: join(import.meta.dirname, `v${version}.list.ndjson`),
});

export const hasFixture = (version: number): boolean => Object.values(fixtureFiles(version)).every(existsSync);

const linesOf = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** In a fixture the data stands as JSON, so that people can read it; in a log file it is text. */
export const fixtureLine = (row: LogRow): string => `${JSON.stringify({ ...row, data: JSON.parse(row.data) })}\n`;

export const fixtureLog = (version: number): LogRow[] =>
  linesOf(fixtureFiles(version).log).map((line) => {
    const row = line as LogRow;
    return { ...row, data: JSON.stringify(row.data) };
  });

export const fixtureList = (version: number): unknown[] => linesOf(fixtureFiles(version).list);
