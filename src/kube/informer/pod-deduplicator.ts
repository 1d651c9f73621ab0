import type { Labels, Pod } from '../../core/model/snapshot.ts';

/** Above this many values all are forgotten: later ones are shared among themselves only. */
const maxValues = 100_000;

/** Keeps one copy of what many objects have in common: replicas share labels, account, node and owner. */
export class PodDeduplicator {
  readonly #texts = new Map<string, string>();
  readonly #labels = new Map<number, Labels>();

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
      started: inPlace(started),
      workload: this.#text(pod.workload),
    };
  }

  #text(value: string): string {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    if (this.#texts.size >= maxValues) this.#texts.clear();
    this.#texts.set(value, value);
    return value;
  }

  /** By a digest: the labels themselves as a text would take more room than what is shared. */
  #labelsOf(labels: Labels): Labels {
    const entries = Object.entries(labels);
    const digest = digestOf(entries);
    const known = this.#labels.get(digest);
    if (known !== undefined && isMadeOf(known, entries)) return known;
    if (this.#labels.size >= maxValues) this.#labels.clear();
    const shared = Object.fromEntries(entries.map(([key, value]) => [key, this.#text(value)]));
    this.#labels.set(digest, shared);
    return shared;
  }
}

type Entries = readonly (readonly [key: string, value: string])[];

/** FNV-1a of 32 bits over UTF-16: those who collide merely do not share. */
function digestOf(entries: Entries): number {
  let hash = 0x811c9dc5;
  const take = (text: string): void => {
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0x10000, 0x01000193);
  };
  for (const [key, value] of entries) {
    take(key);
    take(value);
  }
  return hash | 0;
}

/** In this order: what differs in nothing else is rare. */
function isMadeOf(labels: Labels, entries: Entries): boolean {
  const own = Object.entries(labels);
  return (
    own.length === entries.length && own.every(([key, value], i) => entries[i]?.[0] === key && entries[i][1] === value)
  );
}

/** Whole seconds in the form that the engine keeps in the object itself, which it does not do with what was divided. */
function inPlace(seconds: number): number {
  const whole = seconds | 0;
  return whole === seconds ? whole : seconds;
}
