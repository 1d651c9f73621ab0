import type { Probe } from '../flows/probes.ts';
import type { MeshClient } from './answer.ts';
import type { EgressPath } from './egress-path.ts';
import type { JudgedOfKin } from './evaluate.ts';

/** How a flow fares, and for which ServiceAccounts it does so. */
export interface Way {
  readonly path: EgressPath;
  readonly holdsFor: JudgedOfKin['holdsFor'];
}

/**
 * The paths of clients that differ in their ServiceAccount alone: a flow is judged anew only where an AuthorizationPolicy
 * treats one of them unlike all before.
 *
 * @param first how every flow of one of them fares
 */
export function amongKin(
  probes: readonly Probe[],
  first: readonly Way[],
  wayOf: (client: MeshClient, probe: Probe) => Way,
): (client: MeshClient) => readonly EgressPath[] {
  const common = first.map(({ path }) => path);
  const parting = probes.flatMap((probe, at) => {
    const way = first[at];
    return way?.holdsFor ? [{ probe, ways: [way] }] : [];
  });
  const byAccount = new Map<string, readonly EgressPath[]>();
  const pathsOf = (client: MeshClient): readonly EgressPath[] => {
    const paths = [...common];
    for (const { probe, ways } of parting) {
      const known = ways.find(({ holdsFor }) => holdsFor?.(client.serviceAccount));
      const way = known ?? wayOf(client, probe);
      if (known === undefined) ways.push(way);
      paths[probe.index] = way.path;
    }
    return paths;
  };
  return (client) => {
    const found = byAccount.get(client.serviceAccount) ?? pathsOf(client);
    byAccount.set(client.serviceAccount, found);
    return found;
  };
}
