import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documents } from './schema-documents.ts';

const directory = join(import.meta.dirname, '../schemas');

test('every schema that is published is there', () => {
  expect(readdirSync(directory).sort()).toEqual(Object.keys(documents).sort());
});

test.each(Object.entries(documents))(
  '%s is what the code says; else: npm run schemas -w libs/projection-topic',
  (name, content) => {
    expect(JSON.parse(readFileSync(join(directory, name), 'utf8'))).toEqual(JSON.parse(JSON.stringify(content)));
  },
);
