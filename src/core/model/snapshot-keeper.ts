import type { ObjectChange, Snapshot, SnapshotKinds } from './snapshot.ts';

/** A cluster as it is followed: the last of each object, so that it can be looked at as a whole. */
export class SnapshotKeeper {
  readonly #kinds: { readonly [K in keyof SnapshotKinds]: Map<string, SnapshotKinds[K]> } = {
    Namespace: new Map(),
    ServiceAccount: new Map(),
    Node: new Map(),
    Pod: new Map(),
    ExternalService: new Map(),
    EgressPolicy: new Map(),
    ClusterEgressPolicy: new Map(),
    EnforcementPoint: new Map(),
    EgressDelegation: new Map(),
    EgressApproval: new Map(),
    EgressSource: new Map(),
  };

  apply(changes: readonly ObjectChange[]): void {
    for (const change of changes) this.#take(change);
  }

  /** Linear in the cluster. */
  snapshot(): Snapshot {
    const kinds = this.#kinds;
    const egressSources = [...kinds.EgressSource.values()];
    const egressDelegations = [...kinds.EgressDelegation.values()];
    const egressApprovals = [...kinds.EgressApproval.values()];
    return {
      namespaces: [...kinds.Namespace.values()],
      serviceAccounts: [...kinds.ServiceAccount.values()],
      nodes: [...kinds.Node.values()],
      pods: [...kinds.Pod.values()],
      externalServices: [...kinds.ExternalService.values()],
      egressPolicies: [...kinds.EgressPolicy.values()],
      clusterEgressPolicies: [...kinds.ClusterEgressPolicy.values()],
      enforcementPoints: [...kinds.EnforcementPoint.values()],
      ...(egressDelegations.length > 0 && { egressDelegations }),
      ...(egressApprovals.length > 0 && { egressApprovals }),
      ...(egressSources.length > 0 && { egressSources }),
    };
  }

  #take<K extends keyof SnapshotKinds>(change: { kind: K; key: string; object: SnapshotKinds[K] | undefined }): void {
    const objects = this.#kinds[change.kind];
    if (change.object === undefined) objects.delete(change.key);
    else objects.set(change.key, change.object);
  }
}

/** The cluster after these changes. */
export function snapshotAfter(changes: readonly ObjectChange[]): Snapshot {
  const keeper = new SnapshotKeeper();
  keeper.apply(changes);
  return keeper.snapshot();
}
