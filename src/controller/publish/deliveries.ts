import type { Clock } from '../../adapter/adapter.ts';
import type { PointDelta } from '../../core/compile/compiler.ts';
import { unexplained } from '../../core/plan/guard/explained.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { LateWork } from '../../core/status/conditions.ts';
import type { WorkQueue } from '../../queue/work-queue.ts';
import type { Compared, Publication, PublishingStore } from '../../store/desired-store.ts';
import { HeldPoints } from './held-points.ts';
import { WaitingWork } from './waiting-work.ts';

export interface DeliveriesDeps {
  readonly store: PublishingStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  /** Told when a point could not be published or put on the queue; `catchUp` tries again. */
  readonly onError: (point: string, error: unknown) => void;
  /** What a point should have; undefined: the point is gone. */
  readonly contentOf: (point: string) => Pick<Publication, 'point' | 'desired' | 'synced'> | undefined;
}

/** What is new for a point. */
export interface PointNews {
  readonly delta?: PointDelta | undefined;
  /** Addresses of pods that have ended. */
  readonly ended?: readonly string[];
  /** Is the whole point to be compared with its device, whatever the delta says? */
  readonly whole?: boolean;
}

/** A request that no worker has dealt with for so long is made again. */
const askAgainMs = 5_000;
const untouched: PointDelta = { gone: false, rulesChanged: false, groups: [] };

/** Hands points to the store and the queue, and tries again what these did not take. */
export class Deliveries {
  readonly held = new HeldPoints();
  readonly #deps: DeliveriesDeps;
  /** Points that the store or the queue did not take, with the addresses of ended pods they were to be told. */
  readonly #undelivered = new Map<string, readonly string[]>();
  /** The version that each point was published at last. */
  readonly #versions = new Map<string, number>();
  readonly #waiting: WaitingWork;

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
    this.#waiting = new WaitingWork(deps.clock);
  }

  /** The last publication of the point; undefined while the store has not taken it. */
  version(point: string): number | undefined {
    return this.#undelivered.has(point) ? undefined : this.#versions.get(point);
  }

  /** Work for the point that no worker has dealt with for too long; undefined: there is none. */
  late(point: string): LateWork | undefined {
    return this.#waiting.late(point);
  }

  /** A worker has dealt with a point. */
  completed(outcome: Pick<PointOutcome, 'point' | 'version'>): void {
    this.#waiting.completed(outcome, this.version(outcome.point));
  }

  async recheck(point: string): Promise<void> {
    const { store, queue } = this.#deps;
    this.#waiting.requested(point);
    await store.distrust(point);
    await queue.enqueue(point);
  }

  /** Which publications the store has lost. */
  async compare(): Promise<Compared> {
    this.#waiting.storeAsked();
    const compared = await this.#deps.store.compare();
    this.#waiting.storeAnswered();
    return compared;
  }

  /** Publishes again what the store has lost or has not taken, and asks again for what no worker has dealt with. */
  async catchUp({ lost, confirmed }: Compared): Promise<void> {
    for (const name of new Set([...lost, ...this.#undelivered.keys()])) await this.deliver(name, { whole: true });
    for (const [name, ended] of this.held.due(this.#deps.clock.elapsed())) await this.deliver(name, { ended });
    for (const name of confirmed) await this.#request(name, { urgent: true });
    for (const name of this.#waiting.longerThan(askAgainMs)) await this.#request(name);
  }

  /** @returns the points that are published and unknown, which are withdrawn */
  async withdrawUnknown(isKnown: (point: string) => boolean): Promise<readonly string[]> {
    const { store, queue } = this.#deps;
    const unknown = (await store.points()).filter((name) => !isKnown(name));
    for (const name of unknown) {
      await store.withdraw(name);
      // The worker that takes it up finds no desired state, and releases the device.
      await queue.enqueue(name);
    }
    return unknown;
  }

  /** A point that cannot be published is remembered for later. */
  async deliver(name: string, { delta = untouched, ended = [], whole = false }: PointNews): Promise<void> {
    const { queue, onError } = this.#deps;
    this.#waiting.requested(name);
    const isNewsOfPods = delta === untouched && !whole && ended.length > 0;
    const earlier = this.#undelivered.get(name);
    const allEnded = earlier === undefined ? ended : [...new Set([...earlier, ...ended])];
    const rulesChanged = delta.rulesChanged || whole || earlier !== undefined;
    const narrows = delta.groups.some(({ role, added, removed }) => (role === 'Accept' ? removed : added).length > 0);
    this.#waiting.storeAsked();
    try {
      await this.#publish(name, { rulesChanged, groups: delta.groups, ended: allEnded });
      if (rulesChanged || hasUnexplained([delta], new Set(ended))) this.held.mayBe(name, this.#versions.get(name));
      await queue.enqueue(name, { urgent: narrows || earlier !== undefined || isNewsOfPods });
      this.#waiting.storeAnswered();
      this.#undelivered.delete(name);
    } catch (error) {
      this.#undelivered.set(name, allEnded);
      onError(name, error);
    }
  }

  async #publish(name: string, news: Pick<Publication, 'rulesChanged' | 'groups' | 'ended'>): Promise<void> {
    const { store, contentOf } = this.#deps;
    const content = contentOf(name);
    if (content !== undefined) {
      this.#versions.set(name, await store.publish({ ...news, ...content }));
      return;
    }
    this.#versions.delete(name);
    this.#waiting.forget(name);
    this.held.forget(name);
    await store.withdraw(name);
  }

  /** Made again later if it fails; the other points do not wait for that. */
  async #request(name: string, how?: { readonly urgent: boolean }): Promise<void> {
    await this.#deps.queue.enqueue(name, how).catch((error: unknown) => this.#deps.onError(name, error));
  }
}

/** Does an address leave a group, and no pod that has ended explains it? */
export function hasUnexplained(deltas: Iterable<PointDelta>, ended: ReadonlySet<string>): boolean {
  return [...deltas].some(({ groups }) => groups.some(({ removed }) => unexplained(removed, ended).length > 0));
}
