import { SnapshotKeeper } from '../core/model/snapshot-keeper.ts';
import type { ObjectChange, Snapshot } from '../core/model/snapshot.ts';

/** A cluster that only remembers: the objects as they are now, and the addresses that no pod has any longer. */
export class Cluster {
  readonly #objects = new SnapshotKeeper();
  readonly #addresses = new Set<string>();

  take(changes: readonly ObjectChange[]): void {
    this.#objects.apply(changes);
    for (const { kind, object } of changes)
      if (kind === 'Pod') for (const address of object?.addresses ?? []) this.#addresses.add(address);
  }

  /** Addresses that a pod had once and no live pod has now. */
  abandoned(): readonly string[] {
    const running = this.snapshot().pods.filter(({ phase }) => phase === 'Running');
    const live = new Set(running.flatMap(({ addresses }) => addresses));
    return [...this.#addresses].filter((address) => !live.has(address));
  }

  snapshot(): Snapshot {
    return this.#objects.snapshot();
  }
}
