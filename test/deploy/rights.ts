import { expect, vi } from 'vitest';
import { z } from 'zod';
import type { ApiCall } from './audit-log.ts';
import type { Manifest } from './kustomize.ts';

/** One permission of an account: a part of a rule. */
export interface Right {
  /** Name of the ServiceAccount. */
  readonly account: string;
  /** Empty: everywhere. */
  readonly namespace: string;
  readonly group: string;
  /** `pods`, or `pods/status`. */
  readonly resource: string;
  readonly verb: string;
  /** Absent: whatever its name. */
  readonly name?: string;
}

const roleSchema = z.looseObject({
  rules: z.array(
    z.strictObject({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
    }),
  ),
});
const bindingSchema = z.looseObject({
  subjects: z.array(
    z.strictObject({ kind: z.literal('ServiceAccount'), name: z.string(), namespace: z.literal('postern-system') }),
  ),
  roleRef: z.strictObject({ apiGroup: z.string(), kind: z.enum(['Role', 'ClusterRole']), name: z.string() }),
});

/** Every right that these manifests give. */
export function rightsIn(manifests: readonly Manifest[]): readonly Right[] {
  const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');
  return bindings.flatMap((manifest) => {
    const { subjects, roleRef } = bindingSchema.parse(manifest);
    const role = manifests.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name);
    const namespace = manifest.metadata.namespace ?? '';
    return roleSchema.parse(role).rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [undefined] }) =>
      product(subjects, apiGroups, resources, verbs, resourceNames).map(([subject, group, resource, verb, name]) => ({
        account: subject.name,
        namespace,
        group,
        resource,
        verb,
        ...(name !== undefined && { name }),
      })),
    );
  });
}

function product<A, B, C, D, E>(
  as: readonly A[],
  bs: readonly B[],
  cs: readonly C[],
  ds: readonly D[],
  es: readonly E[],
): readonly [A, B, C, D, E][] {
  return as.flatMap((a) =>
    bs.flatMap((b) => cs.flatMap((c) => ds.flatMap((d) => es.map((e): [A, B, C, D, E] => [a, b, c, d, e])))),
  );
}

/**
 * Rights to list what is watched. An API server that streams lists (WatchList) is asked to watch and never to list; one
 * that does not is asked for both. It is on by default in 1.32 and from 1.34 on, and off in 1.31 and 1.33.
 */
export function listsOfTheWatched(rights: readonly Right[]): readonly Right[] {
  const where = ({ account, namespace, group, resource }: Right): string =>
    [account, namespace, group, resource].join(' ');
  const watched = new Set(rights.filter(({ verb }) => verb === 'watch').map(where));
  return rights.filter((right) => right.verb === 'list' && watched.has(where(right)));
}

/** Waits until each right was used: some of them are by work that goes on beside what people wait for. */
export async function expectUsed(rights: readonly Right[], calls: () => readonly ApiCall[]): Promise<void> {
  await vi.waitFor(
    () => {
      const made = calls();
      expect(rights.filter((right) => !made.some((call) => permits(right, call))).map(told)).toEqual([]);
    },
    { timeout: 80_000, interval: 500 },
  );
}

/** Does this right permit that call? */
export function permits(right: Right, call: ApiCall): boolean {
  return (
    right.account === call.account &&
    right.group === call.group &&
    right.resource === call.resource &&
    verbsOf(call).includes(right.verb) &&
    (right.namespace === '' || right.namespace === call.namespace) &&
    (right.name === undefined || right.name === call.name)
  );
}

/** An apply that made an object needed the right to create, and was asked for it by the API server. */
function verbsOf({ verb, status }: ApiCall): readonly string[] {
  return verb === 'patch' && status === 201 ? ['patch', 'create'] : [verb];
}

export function told({ account, verb, resource, group, namespace, name }: Right | ApiCall): string {
  const where = namespace === '' ? '' : ` in ${namespace}`;
  return `${account}: ${verb} ${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` "${name}"`}${where}`;
}
