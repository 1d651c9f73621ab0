import { stringify } from 'yaml';
import type { Io } from './io.ts';

/** How a program is told what a person is told as text: the same document in either. */
export type DataFormat = 'json' | 'yaml';

export function isData(format: string): format is DataFormat {
  return format === 'json' || format === 'yaml';
}

export function writeData(value: unknown, format: DataFormat, { out }: Pick<Io, 'out'>): void {
  out.write(format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : yamlOf(value));
}

/** A list that may be longer than the longest text, one item after the other. */
export function* yamlItems(items: Iterable<unknown>): Iterable<string> {
  let isEmpty = true;
  for (const item of items) {
    isEmpty = false;
    yield yamlOf([item]);
  }
  if (isEmpty) yield '[]\n';
}

/** Quoted where a reader of YAML 1.1, which kubectl and Helm are, would take a text for something else. */
function yamlOf(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
