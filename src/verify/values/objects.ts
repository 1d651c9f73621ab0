import { z } from 'zod';
import { faultsIn } from '../../api/validation-errors.ts';

/** An object that could not be read, so that nobody knows what it does. */
export interface Unreadable {
  /** `networking.k8s.io/NetworkPolicy` */
  readonly kind: string;
  readonly id: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  /** `spec.ports[0].number: Invalid value: "x": must be of type integer` */
  readonly message: string;
  readonly object: unknown;
}

/** Plain objects by `group/Kind`; the core group is empty. */
export type ObjectsByKind = ReadonlyMap<string, readonly unknown[]>;

export type Scope = 'Namespaced' | 'Cluster';

export interface Read<T> {
  readonly objects: readonly T[];
  readonly unreadable: readonly Unreadable[];
}

/** The objects of one kind: an object that does not have its shape is listed as unreadable, never guessed at. */
export function readKind<T>(
  byKind: ObjectsByKind,
  kind: string,
  schema: z.ZodType<T>,
  scope: Scope = 'Namespaced',
): Read<T> {
  const objects: T[] = [];
  const unreadable: Unreadable[] = [];
  for (const object of byKind.get(kind) ?? []) {
    const later = laterVersion(kind, object);
    if (later !== undefined) {
      unreadable.push({ ...identityOf(kind, object, scope), message: later });
      continue;
    }
    const { success, data, error } = schema.safeParse(object);
    if (success) objects.push(data);
    else unreadable.push({ ...identityOf(kind, object, scope), message: faultsOf(error, schema, object) });
  }
  return { objects, unreadable };
}

const typed = z.looseObject({ apiVersion: z.string(), kind: z.string(), items: z.array(z.unknown()).optional() });

/** Sorts plain objects, and those in lists, by their kinds. */
export function groupByKind(objects: readonly unknown[]): ObjectsByKind {
  const byKind = new Map<string, unknown[]>();
  for (const object of objects.flatMap(itemsOf)) {
    const kind = kindIn(object);
    if (kind === undefined) continue;
    const found = byKind.get(kind);
    if (found) found.push(object);
    else byKind.set(kind, [object]);
  }
  return byKind;
}

/** `group/Kind` of a plain object; undefined: it is none. */
export function kindIn(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null || !('kind' in object) || !('apiVersion' in object))
    return undefined;
  const { kind, apiVersion } = object;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return undefined;
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`;
}

function itemsOf(object: unknown): readonly unknown[] {
  const { success, data } = typed.safeParse(object);
  return success && data.items !== undefined && data.kind.endsWith('List') ? data.items : [object];
}

const named = z.object({ metadata: z.object({ name: z.string().catch('?'), namespace: z.string().catch('default') }) });

/** The newest version that is understood of a group; of those that are not listed, v1. */
const newest: Readonly<Record<string, string>> = {
  'cilium.io': 'v2',
  'crd.antrea.io': 'v1beta1',
  'policy.networking.k8s.io': 'v1beta1',
  'projectcalico.org': 'v3',
};

/** What is wrong with an object of a version that may mean something else by the same fields. */
function laterVersion(kind: string, object: unknown): string | undefined {
  const { apiVersion = '' } = typed.safeParse(object).data ?? {};
  const known = newest[kind.slice(0, kind.indexOf('/'))] ?? 'v1';
  const [asked, understood] = [rankOf(apiVersion), rankOf(known)];
  const place = asked.findIndex((part, at) => part !== understood[at]);
  if ((asked[place] ?? 0) <= (understood[place] ?? 0)) return undefined;
  return `apiVersion: ${apiVersion} is later than ${known}, which is understood`;
}

/** Major version, alpha before beta before final, and which of those: `v1beta2` is 1, 1, 2. */
function rankOf(version: string): readonly number[] {
  const [, major = '1', stage = '', minor = '0'] = /(?:^|\/)v(\d+)(alpha|beta)?(\d*)$/.exec(version) ?? [];
  return [Number(major), ['alpha', 'beta', ''].indexOf(stage), Number(minor)];
}

function faultsOf(error: z.ZodError, schema: z.ZodType, object: unknown): string {
  const faults = faultsIn(error, schema, object);
  return faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
}

/** Who an object is, as far as it says. */
export function identityOf(kind: string, object: unknown, scope: Scope = 'Namespaced'): Omit<Unreadable, 'message'> {
  const { name, namespace: home } = named.safeParse(object).data?.metadata ?? { name: '?', namespace: 'default' };
  const namespace = scope === 'Cluster' ? '' : home;
  const id = [nameOfKind(kind), namespace, name].filter(Boolean).join('/');
  return { kind, id, namespace, object };
}

/** Network plugins whose kinds have names of others, as their objects are called: that of Calico by its newer group. */
const groupsInNames: Readonly<Record<string, string>> = {
  'crd.antrea.io': 'crd.antrea.io',
  'crd.projectcalico.org': 'projectcalico.org',
  'networking.k8s.aws': 'networking.k8s.aws',
  'projectcalico.org': 'projectcalico.org',
};

function nameOfKind(kind: string): string {
  const [group = '', name = ''] = kind.split('/');
  const told = /^(Cluster|Global)?NetworkPolicy$/.test(name) ? groupsInNames[group] : undefined;
  return told === undefined ? name : `${name}.${told}`;
}
