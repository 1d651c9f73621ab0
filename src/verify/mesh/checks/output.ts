import { canonical } from '../../../core/model/json.ts';
import { compareText } from '../../../core/model/problem.ts';
import type { MeshFinding } from './check.ts';

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

/** What more and fewer sources for a destination that stays may change: who is let in, and who sees it. */
const sourceKinds = ['AuthorizationPolicy', 'ServiceEntry', 'VirtualService', 'Sidecar', 'NetworkPolicy'];

/** S28: a source that comes or goes touches what is about sources, and of hosts their exportTo alone. */
export function wideDiff(before: readonly WrittenObject[], after: readonly WrittenObject[]): readonly MeshFinding[] {
  const isNarrow = (key: string): boolean => {
    if (!sourceKinds.includes(key.slice(0, key.indexOf('/')))) return false;
    if (!/^(ServiceEntry|VirtualService)\//.test(key)) return true;
    return canonical(withoutExport(find(before, key))) === canonical(withoutExport(find(after, key)));
  };
  return differing(before, after)
    .filter((key) => !isNarrow(key))
    .map((key) => ({
      id: 'S28',
      severity: 'error',
      subject: key,
      field: '',
      message: 'changes although only a source of the destination did',
      fix: 'Derive names and subsets from the destination alone.',
    }));
}

function differing(a: readonly WrittenObject[], b: readonly WrittenObject[]): readonly string[] {
  const [left, right] = [byKey(a), byKey(b)];
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort(compareText);
  return keys.filter((key) => canonical(left.get(key)) !== canonical(right.get(key)));
}

function keyOf({ kind, metadata: { namespace = '', name } }: WrittenObject): string {
  return [kind, namespace, name].filter((part) => part !== '').join('/');
}

function byKey(objects: readonly WrittenObject[]): ReadonlyMap<string, WrittenObject> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}

function find(objects: readonly WrittenObject[], key: string): WrittenObject | undefined {
  return objects.find((object) => keyOf(object) === key);
}

function withoutExport(object: WrittenObject | undefined): unknown {
  const { spec } = object ?? {};
  if (typeof spec !== 'object' || spec === null) return spec;
  return Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'exportTo'));
}
