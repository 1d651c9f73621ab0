import type { Pod } from '../../model/snapshot.ts';

/** How long a source keeps a pod that is being deleted. */
interface Stay {
  /** Milliseconds since 1970. */
  readonly until: number;
  held: boolean;
}

/** A stay that began or ended with time alone. */
export interface Turn<Source> {
  readonly source: Source;
  readonly pod: Pod;
  readonly held: boolean;
}

/** Pods that are being deleted in sources that keep them for a while. Time may also step back. */
export class Stays<Source extends { readonly graceSeconds: number }> {
  readonly #stays = new Map<Source, Map<Pod, Stay>>();
  #now = -Infinity;
  /** No stay begins or ends strictly between; undefined: to be found anew. */
  #window: { readonly last: number; readonly next: number } | undefined;

  /** Whether the source has the pod from now on; a live pod it has in any case. */
  begin(source: Source, pod: Pod): boolean {
    if (!pod.deleting) return true;
    if (source.graceSeconds === 0) return false;
    const until = (pod.deletionAsked ?? -Infinity) * 1_000 + source.graceSeconds * 1_000;
    const stay = { until: source.graceSeconds === Infinity ? Infinity : until, held: false };
    stay.held = stay.until > this.#now;
    const stays = this.#stays.get(source) ?? new Map<Pod, Stay>();
    this.#stays.set(source, stays.set(pod, stay));
    this.#window = undefined;
    return stay.held;
  }

  /** Whether the source had the pod. */
  end(source: Source, pod: Pod): boolean {
    const held = this.has(source, pod);
    const stays = this.#stays.get(source);
    if (!stays?.delete(pod)) return held;
    this.#window = undefined;
    if (stays.size === 0) this.#stays.delete(source);
    return held;
  }

  has(source: Source, pod: Pod): boolean {
    return !pod.deleting || this.#stays.get(source)?.get(pod)?.held === true;
  }

  forget(source: Source): void {
    if (this.#stays.delete(source)) this.#window = undefined;
  }

  advance(now: number): readonly Turn<Source>[] {
    const { last, next } = this.#current();
    this.#now = now;
    if (last <= now && now < next) return [];
    this.#window = undefined;
    const turns: Turn<Source>[] = [];
    for (const [source, stays] of this.#stays) {
      for (const [pod, stay] of stays) {
        if (stay.until > now === stay.held) continue;
        stay.held = !stay.held;
        turns.push({ source, pod, held: stay.held });
      }
    }
    return turns;
  }

  /** Milliseconds since 1970; when the next stay ends. */
  next(): number | undefined {
    const { next } = this.#current();
    return next === Infinity ? undefined : next;
  }

  #current(): { readonly last: number; readonly next: number } {
    if (this.#window) return this.#window;
    let [last, next] = [-Infinity, Infinity];
    for (const stays of this.#stays.values()) {
      for (const { until } of stays.values()) {
        if (until <= this.#now) last = Math.max(last, until);
        else next = Math.min(next, until);
      }
    }
    return (this.#window = { last, next });
  }
}
