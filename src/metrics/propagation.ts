import type { Clock } from '../adapter/adapter.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import type { Publication } from '../store/desired-store.ts';
import { update, type Update } from './definitions.ts';

/** Something that a point is to be told, and when it began to be true. */
interface Errand {
  readonly of: 'grant' | 'withdrawal';
  /** Milliseconds since the epoch. */
  readonly since: number;
}

interface Sent extends Errand {
  readonly version: number;
  /** A grant is looked at twice: when it was sent, and when it was read back. */
  accepted: boolean;
}

interface Errands {
  /** Not in a publication that the store has taken. */
  owed: Errand[];
  out: Sent[];
}

/** Pods that started longer ago joined by a change of labels, not by starting. */
const youngMs = 600_000;
/** Of one point, which may be away for days. */
const most = 20_000;

/**
 * Follows addresses of pods from the cluster to the devices: what changed, in which publication it went to which point,
 * and which publication a device has been seen to have. Costs work in proportion to what changes.
 */
export class Propagation {
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #record: (updates: readonly Update[]) => void;
  readonly #points = new Map<string, Errands>();
  /** Of the changes that are being taken in: since when a pod has had the address. */
  #started: ReadonlyMap<string, number> = new Map();
  #seenAt = 0;

  constructor(clock: Pick<Clock, 'now' | 'elapsed'>, record: (updates: readonly Update[]) => void) {
    this.#clock = clock;
    this.#record = record;
  }

  /** To be called before they are taken in. What a list showed happened at some other time. */
  changes(changes: readonly ObjectChange[]): void {
    const [now, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
    const started = new Map<string, number>();
    for (const { kind, object, cause } of changes) {
      if (kind !== 'Pod' || cause === 'relist' || object?.started === undefined) continue;
      const ageMs = now - object.started * 1_000;
      if (ageMs < youngMs) for (const address of object.addresses) started.set(address, elapsed - ageMs);
    }
    this.#started = started;
    this.#seenAt = elapsed;
  }

  /** A publication is about to be handed to the store. */
  handed({ point, groups, ended }: Pick<Publication, 'point' | 'groups' | 'ended'>): void {
    const gone = new Set(ended);
    const granting = groups.filter(({ role }) => role === 'Accept');
    const added = new Set(granting.flatMap((group) => group.added));
    const removed = new Set(granting.flatMap((group) => group.removed));
    const { owed, out } = this.#of(point.metadata.name);
    const add = (errand: Errand): void => {
      if (owed.length + out.length < most) owed.push(errand);
    };
    for (const address of added) {
      const since = this.#started.get(address);
      if (since !== undefined) add({ of: 'grant', since });
    }
    for (const address of removed) if (gone.has(address)) add({ of: 'withdrawal', since: this.#seenAt });
  }

  /** The store has taken it, and everything that was owed. */
  published(point: string, version: number): void {
    const errands = this.#of(point);
    for (const errand of errands.owed) errands.out.push({ ...errand, version, accepted: false });
    errands.owed = [];
  }

  /** A worker has dealt with a point. */
  outcome({ point, state, version, readBackVersion = 0 }: PointOutcome): void {
    const errands = this.#points.get(point);
    if (errands === undefined) return;
    const accepted = state === 'sent' || state === 'activating' || state === 'programmed' ? version : readBackVersion;
    const now = this.#clock.elapsed();
    const updates: Update[] = [];
    errands.out = errands.out.filter((errand) => {
      const seconds = Math.max(0, now - errand.since) / 1_000;
      if (errand.version > accepted) return true;
      if (errand.of === 'withdrawal') {
        updates.push(update('postern_stale_grant_seconds', seconds, { point }));
        return false;
      }
      if (!errand.accepted) updates.push(update('postern_propagation_seconds', seconds, { point, stage: 'sent' }));
      errand.accepted = true;
      if (errand.version > readBackVersion) return true;
      updates.push(update('postern_propagation_seconds', seconds, { point, stage: 'read_back' }));
      return false;
    });
    this.#record(updates);
  }

  forget(point: string): void {
    this.#points.delete(point);
  }

  #of(point: string): Errands {
    const errands = this.#points.get(point) ?? { owed: [], out: [] };
    this.#points.set(point, errands);
    return errands;
  }
}
