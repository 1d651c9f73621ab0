import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Clock } from '../../adapter/adapter.ts';
import { sameMeaning } from '../../core/compile/changes.ts';
import type { Compiled, PointDelta } from '../../core/compile/compiler.ts';
import { nothingDesired, type DesiredState } from '../../core/model/desired.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { LateWork } from '../../core/status/conditions.ts';
import { everyPodListed } from '../../core/plan/guard/explained.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import type { WorkQueue } from '../../queue/work-queue.ts';
import type { Publication, PublishingStore } from '../../store/desired-store.ts';
import { storedPointStatus } from '../statuses/stored-status.ts';
import { Deliveries, hasUnexplained } from './deliveries.ts';
import { Rounds } from './rounds.ts';

export interface PublisherDeps {
  readonly store: PublishingStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  /** Told when a point could not be published or put on the queue; `catchUp` tries again. */
  readonly onError: (point: string, error: unknown) => void;
}

/** What is known of the lists behind a change. */
export interface ListState {
  /** Were the pods listed twice? Then every point is told that those the lists do not show have ended. Default: no. */
  readonly confirmed?: boolean | undefined;
  /** Have the caches been filled once? Something may still be missing: an object that cannot be read. Default: if all is seen. */
  readonly filled?: boolean;
}

const none: ReadonlySet<string> = new Set();

/**
 * Follows the cluster: changes in, compiled deltas out to the store, dirty points onto the queue. Holds no appliance
 * credentials and never talks to one. Calls to `apply` must not overlap.
 */
export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #rounds: Rounds;
  /** The last call of `apply`, until it has ended. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #points = new Map<string, EnforcementPoint>();
  readonly #deliveries: Deliveries;
  #synced = false;
  #seesEgress = true;
  #egressChanged = false;
  #published = false;
  /** May there be unexplained removals, on a device or still to come? Before the first list nothing was watched. */
  #unexplained = true;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    this.#rounds = new Rounds((message) => deps.onError('controller', new Error(message)));
    this.#deliveries = new Deliveries({ ...deps, contentOf: (point) => this.#contentOf(point) });
  }

  /**
   * Takes in what changed and says so to every point concerned; points that nothing changed for are left in peace.
   * Nothing is published before the caches have been filled for the first time, and nothing before all of it is compiled.
   *
   * @param seen is the whole cluster seen? While it is not, what is missing may exist, and removals are held
   * @returns the points whose rules, as published, are not what they were
   */
  apply(changes: readonly ObjectChange[], seen: boolean, lists?: ListState): Promise<ReadonlySet<string>> {
    const turn = this.#apply(changes, seen, lists);
    this.#turn = turn.catch(() => undefined); // the caller gets the error
    return turn;
  }

  /** Reads the compiled state. It waits while a round is in progress, so that no reader sees a half-compiled state. */
  read<T>(answer: (compiled: Compiled) => T): Promise<T> {
    return this.#rounds.read(answer);
  }

  /**
   * Is it known which other addresses pods leave under? While it is not, points at vantage EgressIP are told that not
   * everything is seen. @returns whether that is news, to be followed by `apply`
   */
  seesEgress(sees: boolean): boolean {
    if (sees === this.#seesEgress) return false;
    this.#seesEgress = sees;
    this.#egressChanged = true;
    return true;
  }

  /** How many objects make the compiler fail, so that all others were compiled without them. */
  get leftOut(): number {
    return this.#rounds.leftOut.length;
  }

  /** May a point be held for removals that a second list of the pods would explain? */
  get unexplained(): boolean {
    return this.#unexplained;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Everything known so far is in this publication of the point; undefined while the store has not taken it. */
  version(point: string): number | undefined {
    return this.#deliveries.version(point);
  }

  /** When time alone changes something next, in milliseconds since the epoch: the next expiry. */
  nextDeadline(): number | undefined {
    const deadline = this.#rounds.nextDeadline(this.#deps.clock.now());
    return deadline === undefined ? undefined : Date.parse(deadline);
  }

  /** Says that a point's device may have changed behind our back: it is read and, in mode Enforce, put right. */
  recheck(point: string): Promise<void> {
    return this.#deliveries.recheck(point);
  }

  /**
   * Publishes again, as a whole, what the store has lost and what has not got through, and asks again for what nobody
   * has dealt with: a request may be lost as well. To be called every second or so; must not overlap with `apply`.
   */
  async catchUp(): Promise<void> {
    const compared = await this.#deliveries.compare();
    // With a publication the store has lost what explained its removals.
    if (compared.lost.length > 0) this.#unexplained = true;
    await this.#deliveries.catchUp(compared);
  }

  /**
   * Withdraws what was published for points that are no more: they were deleted while nobody was there to see it. To be
   * called once the caches have been filled.
   *
   * @returns their names
   */
  withdrawOrphans(): Promise<readonly string[]> {
    return this.#deliveries.withdrawUnknown((name) => this.#points.has(name));
  }

  /** A worker has dealt with a point. */
  outcome(outcome: Pick<PointOutcome, 'point' | 'version'> & Partial<Pick<PointOutcome, 'state' | 'held'>>): void {
    const { held } = this.#deliveries;
    // Whether anything explains the pods that a round has removed is known only when the round is over.
    const noted = this.read((compiled) => {
      held.outcome(outcome);
      held.foundEnded(outcome.point, this.#endedAmong(outcome, compiled));
    });
    noted.catch((error: unknown) => this.#deps.onError(outcome.point, error));
    this.#deliveries.completed(outcome);
  }

  /** Work for the point that no worker has dealt with for too long; undefined: there is none. */
  late(point: string): LateWork | undefined {
    return this.#deliveries.late(point);
  }

  points(): readonly EnforcementPoint[] {
    return [...this.#points.values()];
  }

  /** Is a point held that is about to be told of pods that have ended? */
  hasUnpublishedEnds(point: string): boolean {
    return this.#deliveries.held.hasUnpublished(point);
  }

  /**
   * Who is in a held group and is no pod of its namespace any longer: nobody saw those end. Asked only of lists that were
   * confirmed, and of groups that are known to be of pods' own addresses: after a change of the vantage no other is a pod's.
   */
  #endedAmong(
    { point, held = [] }: Pick<PointOutcome, 'point'> & Partial<Pick<PointOutcome, 'held'>>,
    compiled: Compiled,
  ): readonly string[] {
    const object = this.#points.get(point);
    const { type, network } = object?.spec.vantage ?? {};
    // At a point in mode Observe no address would leave, however often this is published.
    const isOfPods = type === 'Pod' && network === undefined && object?.spec.mode === 'Enforce';
    const wasOfPods = storedPointStatus(object?.['status'])?.vantage === 'Pod';
    return isOfPods && wasOfPods && this.#synced && !this.#unexplained ? compiled.endedAmong(held) : [];
  }

  async #apply(
    changes: readonly ObjectChange[],
    seen: boolean,
    { confirmed = false, filled = seen }: ListState = {},
  ): Promise<ReadonlySet<string>> {
    const time = { now: new Date(this.#deps.clock.now()).toISOString(), atStart: !this.#published };
    const { points, seenToEnd, ended, respecified, explained } = await this.#rounds.compile(changes, time, (round) => {
      const explained = seen && confirmed && this.#knowsAll();
      const ended = explained ? [everyPodListed, ...round.ended] : round.ended;
      this.#noteUnexplained(changes, round.points.values(), ended);
      return { ...round, seenToEnd: round.ended, ended, respecified: this.#remember(round.taken), explained };
    });
    if (!filled && !this.#published) return none;
    const synced = seen && this.#knowsAll();
    const everything = this.#isNews(synced) || explained;
    const concerned = new Set([...points.keys(), ...respecified, ...(everything ? this.#points.keys() : [])]);
    const anew = new Set<string>();
    this.#deliveries.held.ended(seenToEnd, concerned);
    for (const name of [...concerned].sort()) {
      const delta = points.get(name);
      const whole = everything || respecified.has(name);
      if (whole || delta?.rulesChanged === true) anew.add(name);
      await this.#deliveries.deliver(name, { delta, ended, whole });
    }
    return anew;
  }

  /** False: what the devices have of an object that cannot be compiled, an earlier process made; a policy says so itself. */
  #knowsAll(): boolean {
    return this.#rounds.leftOut.every(({ inForce, change }) => inForce !== 'unknown' || change.kind === 'EgressPolicy');
  }

  /** Is something seen, or no longer, that every point has to be told of? */
  #isNews(synced: boolean): boolean {
    const isNews = synced !== this.#synced || !this.#published || this.#egressChanged;
    [this.#synced, this.#published, this.#egressChanged] = [synced, true, false];
    return isNews;
  }

  #noteUnexplained(changes: readonly ObjectChange[], deltas: Iterable<PointDelta>, ended: readonly string[]): void {
    if (ended.includes(everyPodListed)) this.#unexplained = false;
    else this.#unexplained ||= changes.some(isMissing) || hasUnexplained(deltas, new Set(ended));
  }

  #remember(changes: readonly ObjectChange[]): Set<string> {
    const respecified = new Set<string>();
    for (const { kind, key, object } of changes) {
      if (kind !== 'EnforcementPoint') continue;
      // Postern writes its own status after every sync. If that counted as a change, the point would never settle.
      if (!sameMeaning(this.#points.get(key), object)) respecified.add(key);
      if (object === undefined) this.#points.delete(key);
      else this.#points.set(key, object);
    }
    return respecified;
  }

  /** Undefined: the point is gone. */
  #contentOf(name: string): Pick<Publication, 'point' | 'desired' | 'synced'> | undefined {
    const point = this.#points.get(name);
    if (point === undefined) return undefined;
    const desired = async (): Promise<DesiredState> => {
      // Who asks in the meantime is given it with what is published of it.
      while (this.#rounds.isRunning) await this.#turn;
      return this.read((compiled) => compiled.desired(name) ?? nothingDesired(name));
    };
    return { point, desired, synced: this.#synced && (this.#seesEgress || point.spec.vantage.type !== 'EgressIP') };
  }
}

/** A pod that a list does not show, and may be wrong: also one that is in no group now may stand in one that is held. */
function isMissing({ kind, object, cause }: ObjectChange): boolean {
  return kind === 'Pod' && object === undefined && cause === 'relist';
}
