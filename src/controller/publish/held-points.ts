import type { PointOutcome } from '../../core/model/outcome.ts';

/** Only these say that nothing is held. A point that is only observed has nothing that could be. */
const settled: readonly (PointOutcome['state'] | undefined)[] = [
  'programmed',
  'activating',
  'planned',
  'sent',
  undefined,
];

/**
 * Each time the device of a held point is read: at once when it has been quiet, and where pods end all the time, behind a
 * change window that is closed for days, so often at most.
 */
const publishEveryMs = 10_000;

/** For a point that is unreachable for weeks, while addresses come and go: the last ones. The guard counts the others. */
const mostUnpublished = 100_000;

/**
 * Points that are held, or may be: a group that is to go may still stand on the device, and no delta of the point speaks of
 * its members any longer. Which pods end in the meantime is told to these points all the same, for such an address leaves a held
 * group, and may be another's soon.
 */
export class HeldPoints {
  /** Since which version. */
  readonly #since = new Map<string, number>();
  /** Those of which a worker has said so. */
  readonly #held = new Set<string>();
  readonly #unpublished = new Map<string, Set<string>>();
  readonly #publishedAt = new Map<string, number>();

  /** Something was published that a guard may hold. @param version undefined: the point is no more */
  mayBe(point: string, version: number | undefined): void {
    if (version !== undefined) this.#since.set(point, version);
  }

  outcome({
    point,
    version,
    state,
  }: Pick<PointOutcome, 'point' | 'version'> & Partial<Pick<PointOutcome, 'state'>>): void {
    const since = this.#since.get(point);
    if (state === 'held') {
      this.#since.set(point, since ?? version);
      this.#held.add(point);
    } else if (since !== undefined && version >= since && settled.includes(state)) this.forget(point);
  }

  /** @param published points to which these are published anyway */
  ended(addresses: readonly string[], published: ReadonlySet<string>): void {
    if (addresses.length === 0) return;
    for (const point of this.#since.keys()) if (!published.has(point)) this.#keep(point, addresses);
  }

  /** Of those that stand in its held groups, these ended before the controller began. */
  foundEnded(point: string, addresses: readonly string[]): void {
    if (addresses.length > 0) this.#keep(point, addresses);
  }

  /** Is it held, and has it yet to be told of any? */
  hasUnpublished(point: string): boolean {
    return this.#held.has(point) && this.#unpublished.has(point);
  }

  #keep(point: string, addresses: readonly string[]): void {
    const unpublished = this.#unpublished.get(point) ?? new Set();
    for (const address of addresses) unpublished.add(address);
    for (const oldest of unpublished) {
      if (unpublished.size <= mostUnpublished) break;
      unpublished.delete(oldest);
    }
    this.#unpublished.set(point, unpublished);
  }

  /** What has been kept for each that is held, once. @param now milliseconds of a clock that cannot be set */
  due(now: number): readonly (readonly [point: string, ended: readonly string[]])[] {
    return [...this.#held].flatMap((point) => {
      const unpublished = this.#unpublished.get(point);
      if (unpublished === undefined || now - (this.#publishedAt.get(point) ?? -Infinity) < publishEveryMs) return [];
      this.#unpublished.delete(point);
      this.#publishedAt.set(point, now);
      return [[point, [...unpublished]] as const];
    });
  }

  forget(point: string): void {
    this.#since.delete(point);
    this.#held.delete(point);
    this.#unpublished.delete(point);
    this.#publishedAt.delete(point);
  }
}
