import { canonical } from '../../../core/model/json.ts';
import { compareText } from '../../../api/problem.ts';
import type { MeshFinding } from './check.ts';
import { objectName } from '../../../core/text/wording.ts';

/** An object as it is written to the API server. */
export interface WrittenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
}

/** S27: the same intent in another order gives the same objects, to the byte. */
export function unstableOutput(a: readonly WrittenObject[], b: readonly WrittenObject[]): readonly MeshFinding[] {
  return differing(a, b).map((key) => ({
    id: 'S27',
    severity: 'error',
    subject: key,
    field: '',
    message: 'is written differently from the same intent in another order',
    fix: 'Sort every list that stands for a set.',
  }));
}

/** `Kind/namespace/name` of every object that is not the same in both. */
export function differing(a: readonly WrittenObject[], b: readonly WrittenObject[]): readonly string[] {
  const [left, right] = [byKey(a), byKey(b)];
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort(compareText);
  return keys.filter((key) => canonical(left.get(key)) !== canonical(right.get(key)));
}

export function keyOf({ kind, metadata }: WrittenObject): string {
  return objectName({ kind, ...metadata });
}

function byKey(objects: readonly WrittenObject[]): ReadonlyMap<string, WrittenObject> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}
