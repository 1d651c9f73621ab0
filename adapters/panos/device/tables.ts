import { isClass } from '../../../kit/common/api/answers.ts';
import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText } from '../../../kit/common/api/xml.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { kinds, type ConfigKind } from '../objects/names.ts';
import type { Panos } from './device.ts';
import { tablePath } from './paths.ts';

/* The tables of the configuration that is in force. */

export const tables = [kinds.rule, kinds.group, kinds.address, kinds.service] as const;

/** What was read of each, in that order. */
export type Tables = readonly (readonly Row[])[];

export interface Row {
  readonly entry: JsonObject;
  readonly name: string;
  readonly mark: string;
}

export function rowOf(entry: JsonObject): Row {
  return { entry, name: textOf(entry['@name']), mark: elementText(entry['description']) };
}

/** One after the other: when the first is refused, so are the rest. */
export async function readTables(device: Panos): Promise<Tables> {
  const read: (readonly Row[])[] = [];
  for (const kind of tables) read.push(await readTable(device, kind));
  return read;
}

/** A table without entries is not there. */
async function readTable({ ask, config }: Panos, kind: ConfigKind): Promise<readonly Row[]> {
  const xpath = tablePath(config, kind);
  const last = xpath.slice(xpath.lastIndexOf('/') + 1);
  try {
    const answer = await ask({ type: 'config', what: `show ${kind}`, reads: true, action: 'show', xpath });
    return elementsIn(at(answer, 'result', last, 'entry'))
      .filter(isObject)
      .map(rowOf);
  } catch (error) {
    if (isClass(error, 'not-found')) return [];
    throw error;
  }
}
