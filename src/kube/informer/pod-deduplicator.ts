import type { Labels, Pod } from '../../core/model/snapshot.ts';

/** Beyond this many values all are forgotten; later pods then share among themselves only. */
const maxValues = 100_000;

/** Keeps one copy of what many pods have in common: replicas share labels, account, node and owner. */
export class PodDeduplicator {
  readonly #texts = new Map<string, string>();
  readonly #labels = new Map<number, Labels>();

  pod(pod: Pod): Pod {
    const { started, gate, workloadBy, deletionAsked, sidecar } = pod;
    const common = this.#sharing(pod, started ?? 0);
    const shared = sidecar === undefined ? common : withSidecar(common, this.#sharedLabels(sidecar));
    // Most pods have started and have no gate: only they get the object shapes that take least memory.
    if (started !== undefined && gate === undefined && deletionAsked === undefined)
      return workloadBy === undefined ? shared : inferred(shared);
    const { started: _, ...others } = shared;
    return {
      ...others,
      ...(started !== undefined && { started }),
      ...(workloadBy !== undefined && { workloadBy }),
      ...(gate !== undefined && { gate }),
      ...(deletionAsked !== undefined && { deletionAsked }),
    };
  }

  /** Written out field by field: an object made by spreading reserves room for fields to come. */
  #sharing(pod: Pod, started: number): Pod {
    return {
      uid: pod.uid,
      namespace: this.#text(pod.namespace),
      name: pod.name,
      labels: this.#sharedLabels(pod.labels),
      serviceAccount: this.#text(pod.serviceAccount),
      node: this.#text(pod.node),
      hostNetwork: pod.hostNetwork,
      phase: pod.phase,
      deleting: pod.deleting,
      // Copied, because a filtered array keeps room for sixteen more.
      addresses: pod.addresses.slice(),
      created: this.#text(pod.created),
      started: smallInteger(started),
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

  /** Found by a digest: keeping the labels as one text would take more memory than sharing them saves. */
  #sharedLabels(labels: Labels): Labels {
    const entries = Object.entries(labels);
    const digest = digestOf(entries);
    const known = this.#labels.get(digest);
    if (known !== undefined && sameEntries(Object.entries(known), entries)) return known;
    if (this.#labels.size >= maxValues) this.#labels.clear();
    const shared = Object.fromEntries(entries.map(([key, value]) => [key, this.#text(value)]));
    this.#labels.set(digest, shared);
    return shared;
  }
}

/** Of a whole mesh. Written out field by field, too. */
function withSidecar(pod: Pod, sidecar: Labels): Pod {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    labels: pod.labels,
    serviceAccount: pod.serviceAccount,
    node: pod.node,
    hostNetwork: pod.hostNetwork,
    phase: pod.phase,
    deleting: pod.deleting,
    addresses: pod.addresses,
    created: pod.created,
    started: pod.started ?? 0,
    workload: pod.workload,
    sidecar,
  };
}

/** A property that is added leaves an object its room, which copying it would not. */
function inferred(pod: Pod): Pod {
  return Object.assign(pod, { workloadBy: 'convention' as const });
}

type Entries = readonly (readonly [key: string, value: string])[];

/** FNV-1a, 32 bits, over UTF-16. Labels whose digests collide are merely not shared. */
function digestOf(entries: Entries): number {
  let hash = 0x811c9dc5;
  for (const text of entries.flat()) {
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0x10000, 0x01000193);
  }
  return hash | 0;
}

/** In this order: labels that differ in their order alone are rare. */
function sameEntries(known: Entries, entries: Entries): boolean {
  return (
    known.length === entries.length &&
    known.every(([key, value], i) => entries[i]?.[0] === key && entries[i][1] === value)
  );
}

/** Whole seconds as a small integer, which the engine keeps inside the object; the result of a division it does not. */
function smallInteger(seconds: number): number {
  const whole = seconds | 0;
  return whole === seconds ? whole : seconds;
}
