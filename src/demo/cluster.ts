import type { ObjectChange, Pod, Snapshot, SnapshotKinds } from '../core/model/snapshot.ts';

/** A cluster that only remembers: the objects as they are now, and the addresses that nobody has any more. */
export class Cluster {
  readonly #objects = new Map<string, ObjectChange>();
  readonly #addresses = new Set<string>();

  constructor(changes: readonly ObjectChange[]) {
    this.take(changes);
  }

  take(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      const id = `${change.kind}/${change.key}`;
      if (change.object === undefined) this.#objects.delete(id);
      else this.#objects.set(id, change);
      if (change.kind === 'Pod') for (const address of change.object?.addresses ?? []) this.#addresses.add(address);
    }
  }

  everything(): readonly ObjectChange[] {
    return [...this.#objects.values()];
  }

  /** Addresses that a pod had once and no live pod has now. */
  abandoned(): readonly string[] {
    const live = this.#all('Pod')
      .filter(({ phase }) => phase === 'Running')
      .flatMap(({ addresses }: Pod) => addresses);
    return [...this.#addresses].filter((address) => !live.includes(address));
  }

  snapshot(): Snapshot {
    return {
      namespaces: this.#all('Namespace'),
      serviceAccounts: this.#all('ServiceAccount'),
      nodes: this.#all('Node'),
      pods: this.#all('Pod'),
      externalServices: this.#all('ExternalService'),
      egressPolicies: this.#all('EgressPolicy'),
      clusterEgressPolicies: this.#all('ClusterEgressPolicy'),
      enforcementPoints: this.#all('EnforcementPoint'),
    };
  }

  #all<K extends keyof SnapshotKinds>(kind: K): SnapshotKinds[K][] {
    const objects: SnapshotKinds[K][] = [];
    for (const change of this.#objects.values())
      if (isOfKind(change, kind) && change.object) objects.push(change.object);
    return objects;
  }
}

type Changed<K extends keyof SnapshotKinds> = ObjectChange & { readonly object: SnapshotKinds[K] | undefined };

function isOfKind<K extends keyof SnapshotKinds>(change: ObjectChange, kind: K): change is Changed<K> {
  return change.kind === kind;
}
