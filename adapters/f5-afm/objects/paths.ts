import { isObject, textOf } from '../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';

/* Objects refer to others by full paths, `/postern/pn-east-rules`, or by objects that say the same. */

/** Full paths of the lists that a list refers to, sorted. */
export function pathsIn(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  const paths = (value as readonly Json[]).flatMap((row) => {
    if (!isObject(row)) return typeof row === 'string' ? [row] : [];
    const folders = [textOf(row['partition']) || 'Common', textOf(row['subPath'])].filter((part) => part !== '');
    return [`/${folders.join('/')}/${textOf(row['name'])}`];
  });
  return paths.sort();
}

/** A path as an object refers to another one. */
export function referenceTo(path: string): JsonObject {
  const [partition = '', ...rest] = path.split('/').slice(1);
  const name = rest.at(-1) ?? '';
  return { name, partition, ...(rest.length > 1 && { subPath: rest.slice(0, -1).join('/') }) };
}

export function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
