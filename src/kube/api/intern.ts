import type { Labels, Pod } from '../../core/model/snapshot.ts';

/** Above this many values all are forgotten: later ones are shared among themselves only. */
const maxValues = 100_000;

/** Keeps one copy of what many objects have in common: replicas share labels, account, node and owner. */
export class Interner {
  readonly #texts = new Map<string, string>();
  readonly #labels = new Map<string, Labels>();

  pod(pod: Pod): Pod {
    const { started, gate } = pod;
    const shared = this.#pod(pod, started ?? 0);
    // Most pods have started and none has a gate: only they are of the shape that takes least.
    if (started !== undefined && gate === undefined) return shared;
    const { started: _, ...others } = shared;
    return { ...others, ...(started !== undefined && { started }), ...(gate !== undefined && { gate }) };
  }

  /** Written out, because an object made by spreading another has room for fields to come. */
  #pod(pod: Pod, started: number): Pod {
    return {
      uid: pod.uid,
      namespace: this.#text(pod.namespace),
      name: pod.name,
      labels: this.#labelsOf(pod.labels),
      serviceAccount: this.#text(pod.serviceAccount),
      node: this.#text(pod.node),
      hostNetwork: pod.hostNetwork,
      phase: pod.phase,
      deleting: pod.deleting,
      // A copy, because an array that has been filtered keeps room for sixteen more.
      addresses: pod.addresses.slice(),
      created: this.#text(pod.created),
      started,
      workload: this.#text(pod.workload),
    };
  }

  #text(value: string): string {
    return shared(this.#texts, value, () => value);
  }

  #labelsOf(labels: Labels): Labels {
    return shared(this.#labels, JSON.stringify(labels), () =>
      Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, this.#text(value)])),
    );
  }
}

function shared<T>(values: Map<string, T>, key: string, make: () => T): T {
  const known = values.get(key);
  if (known !== undefined) return known;
  if (values.size >= maxValues) values.clear();
  const value = make();
  values.set(key, value);
  return value;
}
