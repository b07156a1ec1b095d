import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { settingsWrong } from './settings-wrong.ts';

export type ConfigFile = {
  values: Record<string, unknown>;
  /** File and line of a setting, or of what stands around it where it is missing. */
  where: (path: PropertyKey[]) => string;
};

/** @throws RollcallError SETTINGS_WRONG naming file and line; what stands there may be a secret, and is not repeated */
export const readConfigFile = (path: string): ConfigFile => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw settingsWrong(`the config file ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const lines = new LineCounter();
  const at = (offset: number): string => `${path} line ${lines.linePos(offset).line}`;
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw settingsWrong(`${at(broken.pos[0])}: ${broken.message.split('\n')[0]}`);
  const values = unfolded(document, at);
  if (values === null) return { values: {}, where: () => path };
  if (!isMap(document.contents)) throw settingsWrong(`${at(0)}: the config file is a list of "name: value" lines`);
  return { values: values as Record<string, unknown>, where: (setting) => at(offsetOf(document, setting)) };
};

/** With what its aliases stand for. */
const unfolded = (document: Document, at: (offset: number) => string): unknown => {
  try {
    return document.toJS();
  } catch {
    let offset = 0;
    visit(document, {
      Alias: (_, alias) => {
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    throw settingsWrong(`${at(offset)}: an alias (*name) stands for nothing, or for too much`);
  }
};

/** Of the name of a setting, as deep as the path leads. */
const offsetOf = (document: Document, path: PropertyKey[]): number => {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : undefined;
    const named = isSeq(node) ? node.items[Number(step)] : pair?.key;
    if (!isNode(named)) return offset;
    offset = named.range?.[0] ?? offset;
    node = pair ? pair.value : named;
  }
  return offset;
};
