import type { ObjectChange } from '../core/model/snapshot.ts';
import type { ClusterInformer, InformerHealth } from '../kube/informer/informer.ts';
import { messageOf } from '../log/scrub.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ControllerLoop } from './publish/loop.ts';
import { WholeView } from './whole-view.ts';

export interface ChangeListener {
  changes(changes: readonly ObjectChange[]): void;
}

export interface ChangeHandlerDeps {
  readonly loop: ControllerLoop;
  readonly outcomes: Pick<OutcomeStore, 'forget'>;
  readonly informer: () => Pick<ClusterInformer, 'synced' | 'waiting'>;
  readonly report: (message: string) => void;
  /** Given changes before they are compiled. */
  readonly before: readonly (ChangeListener | undefined)[];
  /** Given changes once they are published. */
  readonly after: readonly (ChangeListener | undefined)[];
}

/** Has changes of the cluster compiled and published, and removals held while not all of the cluster is seen. */
export class ChangeHandler {
  readonly #deps: ChangeHandlerDeps;
  readonly #view = new WholeView();
  #running = 0;

  constructor(deps: ChangeHandlerDeps) {
    this.#deps = deps;
  }

  /** See `InformerDeps.onChanges`. */
  async handle(changes: readonly ObjectChange[], synced: boolean, confirmed?: boolean): Promise<void> {
    const { loop, outcomes, informer, before, after } = this.#deps;
    this.#notify(before, changes);
    this.#view.takenIn(informer().waiting);
    this.#running += 1;
    const seen = synced && this.#view.whole;
    await loop.apply(changes, seen, { confirmed, filled: synced }).finally(() => (this.#running -= 1));
    if (this.#view.takenIn(informer().waiting) && synced) await loop.apply([], true);
    this.#notify(after, changes);
    for (const { kind, key, object } of changes) {
      // A successor of the same name begins from nothing.
      if (kind === 'EnforcementPoint' && object === undefined) await outcomes.forget(key).catch(() => undefined);
    }
  }

  /** Points are told at once that what is missing may still exist, or that all is seen again. */
  health({ healthy, caughtUp, egressUnseen }: InformerHealth): void {
    const { loop, informer } = this.#deps;
    const { synced, waiting } = informer();
    const isEgressNews = loop.publisher.seesEgress(egressUnseen === '');
    const isNews = this.#view.look(healthy && caughtUp, waiting || this.#running > 0);
    if ((isNews || isEgressNews) && synced) void loop.apply([], this.#view.whole).catch(() => undefined); // reported by the loop
  }

  /** A fault of a listener must not keep a change from being published. */
  #notify(listeners: ChangeHandlerDeps['before'], changes: readonly ObjectChange[]): void {
    for (const listener of listeners) {
      try {
        listener?.changes(changes);
      } catch (error) {
        this.#deps.report(`a change was not followed everywhere, which is a fault of Postern: ${messageOf(error)}`);
      }
    }
  }
}
