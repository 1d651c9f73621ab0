import type { Pod } from '../../model/snapshot.ts';

/** How long a source keeps a pod that is being deleted. */
interface GracePeriod {
  /** Milliseconds since 1970. Before it, the clock was set back, and how much of the period is over is not known. */
  readonly from: number;
  readonly until: number;
  held: boolean;
}

/** A grace period that began or ended as time passed. */
export interface GraceChange<Source> {
  readonly source: Source;
  readonly pod: Pod;
  readonly held: boolean;
}

/**
 * Pods that are being deleted, in sources that keep them for a while. A clock that is set back lengthens a period by no more
 * than the period itself.
 */
export class GracePeriods<Source extends { readonly view: { readonly graceSeconds: number } }> {
  readonly #periods = new Map<Source, Map<Pod, GracePeriod>>();
  #now = -Infinity;
  /** No grace period begins or ends strictly between; undefined: to be found anew. */
  #window: { readonly last: number; readonly next: number } | undefined;

  /** Whether the source has the pod from now on; a live pod it has in any case. */
  begin(source: Source, pod: Pod): boolean {
    if (!pod.deleting) return true;
    const { graceSeconds } = source.view;
    if (graceSeconds === 0) return false;
    const asked = (pod.deletionAsked ?? -Infinity) * 1_000;
    const graceMs = graceSeconds * 1_000;
    const ends = { from: asked - graceMs, until: graceSeconds === Infinity ? Infinity : asked + graceMs };
    const period = { ...ends, held: isWithin(ends, this.#now) };
    const periods = this.#periods.get(source) ?? new Map<Pod, GracePeriod>();
    this.#periods.set(source, periods.set(pod, period));
    this.#window = undefined;
    return period.held;
  }

  /** Whether the source had the pod. */
  end(source: Source, pod: Pod): boolean {
    const held = this.has(source, pod);
    const periods = this.#periods.get(source);
    if (!periods?.delete(pod)) return held;
    this.#window = undefined;
    if (periods.size === 0) this.#periods.delete(source);
    return held;
  }

  has(source: Source, pod: Pod): boolean {
    return !pod.deleting || this.#periods.get(source)?.get(pod)?.held === true;
  }

  forget(source: Source): void {
    if (this.#periods.delete(source)) this.#window = undefined;
  }

  advance(now: number): readonly GraceChange<Source>[] {
    const { last, next } = this.#current();
    this.#now = now;
    if (last <= now && now < next) return [];
    this.#window = undefined;
    const changes: GraceChange<Source>[] = [];
    for (const [source, periods] of this.#periods) {
      for (const [pod, period] of periods) {
        if (isWithin(period, now) === period.held) continue;
        period.held = !period.held;
        changes.push({ source, pod, held: period.held });
      }
    }
    return changes;
  }

  /** Milliseconds since 1970; when the next grace period ends, or may begin. */
  next(): number | undefined {
    const { next } = this.#current();
    return next === Infinity ? undefined : next;
  }

  #current(): { readonly last: number; readonly next: number } {
    if (this.#window) return this.#window;
    let [last, next] = [-Infinity, Infinity];
    for (const periods of this.#periods.values()) {
      for (const { from, until } of periods.values()) {
        for (const end of [from, until]) {
          if (end <= this.#now) last = Math.max(last, end);
          else next = Math.min(next, end);
        }
      }
    }
    return (this.#window = { last, next });
  }
}

function isWithin({ from, until }: Pick<GracePeriod, 'from' | 'until'>, now: number): boolean {
  return from <= now && now < until;
}
