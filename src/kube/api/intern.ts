import type { Labels, Pod } from '../../core/model/snapshot.ts';

/** Above this many values all are forgotten: later ones are shared among themselves only. */
const maxValues = 100_000;

/** Keeps one copy of what many objects have in common: replicas share labels, account, node and owner. */
export class Interner {
  readonly #texts = new Map<string, string>();
  readonly #labels = new Map<string, Labels>();

  pod(pod: Pod): Pod {
    return {
      ...pod,
      namespace: this.#text(pod.namespace),
      labels: this.#labelsOf(pod.labels),
      serviceAccount: this.#text(pod.serviceAccount),
      node: this.#text(pod.node),
      phase: pod.phase,
      created: this.#text(pod.created),
      workload: this.#text(pod.workload),
      // A copy, because an array that has been filtered keeps room for sixteen more.
      addresses: pod.addresses.slice(),
    };
  }

  #text(value: string): string {
    return shared(this.#texts, value, () => value);
  }

  #labelsOf(labels: Labels): Labels {
    return shared(this.#labels, JSON.stringify(labels), () => labels);
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
