// Writes the JSON Schemas and the AsyncAPI document from the zod schemas: npm run schemas
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './schema-documents.ts';

const directory = join(import.meta.dirname, '../schemas');
for (const [name, content] of Object.entries(documents)) {
  writeFileSync(join(directory, name), JSON.stringify(content, undefined, 2));
}
execFileSync('biome', ['format', '--write', directory], { stdio: 'inherit' });
