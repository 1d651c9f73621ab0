import type { EnforcementPoint } from '../api/kinds.ts';
import type { Clock } from '../adapter/adapter.ts';
import { Compiler, type PointDelta } from '../core/compile/compiler.ts';
import type { Problem } from '../core/model/problem.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore } from '../store/desired-store.ts';

export interface ControllerDeps {
  readonly store: DesiredStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
}

const untouched: PointDelta = { gone: false, rulesChanged: false, groups: [] };

/**
 * Follows the cluster: changes in, compiled deltas out to the store, dirty points onto the queue. Holds no appliance
 * credentials and never talks to one. Calls to `apply` must not overlap.
 */
export class Controller {
  readonly #deps: ControllerDeps;
  readonly #compiler = new Compiler();
  readonly #points = new Map<string, EnforcementPoint>();
  #synced = false;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
  }

  /**
   * Takes in what changed and says so to every point concerned; points that nothing changed for are left in peace.
   *
   * @param synced have all caches been filled? Until they have, nothing is published as removable
   */
  async apply(changes: readonly ObjectChange[], synced: boolean): Promise<void> {
    const now = new Date(this.#deps.clock.now()).toISOString();
    const { points, ended } = this.#compiler.apply(changes, now);
    const respecified = this.#remember(changes);
    const becameSynced = synced && !this.#synced;
    this.#synced = synced;
    const concerned = new Set([...points.keys(), ...respecified, ...(becameSynced ? this.#points.keys() : [])]);
    for (const name of [...concerned].sort()) {
      await this.#publish(name, points.get(name) ?? untouched, ended, respecified.has(name));
    }
  }

  get synced(): boolean {
    return this.#synced;
  }

  problems(): readonly Problem[] {
    return this.#compiler.problems();
  }

  /** When time alone changes something next, in milliseconds since the epoch: the next expiry. */
  nextDeadline(): number | undefined {
    const deadline = this.#compiler.nextDeadline();
    return deadline === undefined ? undefined : Date.parse(deadline);
  }

  /** Says that a point's device may have changed behind our back: it is read and, in mode Enforce, put right. */
  async recheck(point: string): Promise<void> {
    await this.#deps.store.distrust(point);
    await this.#deps.queue.enqueue(point);
  }

  points(): readonly EnforcementPoint[] {
    return [...this.#points.values()];
  }

  #remember(changes: readonly ObjectChange[]): Set<string> {
    const respecified = new Set<string>();
    for (const { kind, key, object } of changes) {
      if (kind !== 'EnforcementPoint') continue;
      respecified.add(key);
      if (object === undefined) this.#points.delete(key);
      else this.#points.set(key, object);
    }
    return respecified;
  }

  async #publish(name: string, delta: PointDelta, ended: readonly string[], respecified: boolean): Promise<void> {
    const { store, queue } = this.#deps;
    const point = this.#points.get(name);
    if (point === undefined) await store.withdraw(name);
    else {
      const desired = () =>
        this.#compiler.desired(name) ?? { point: name, defaultAction: 'Deny' as const, groups: [], rules: [] };
      const rulesChanged = delta.rulesChanged || respecified;
      await store.publish({ point, desired, rulesChanged, groups: delta.groups, ended, synced: this.#synced });
    }
    const urgent = delta.groups.some(({ role, added, removed }) => (role === 'Accept' ? removed : added).length > 0);
    await queue.enqueue(name, { urgent });
  }
}
