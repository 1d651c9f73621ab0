import type { Stopwatch } from '../adapter/adapter.ts';
import { CoalescedDeltas } from './coalesced-deltas.ts';
import type { PendingSync } from './pending-sync.ts';
import type { Compared, DesiredStore, MemberChanges, Publication, DesiredSnapshot, Work } from './desired-store.ts';

interface Entry {
  publication: Publication;
  version: number;
  /** The version of the publication. */
  published: number;
  acknowledged: number;
  /** A full sync is needed until this version was acknowledged. */
  wholeUntil: number;
  readBackDueAt: number | undefined;
  /** On the stopwatch; undefined: the last sync did not fail. */
  failingSince: number | undefined;
  pending: PendingSync | undefined;
  /** Changes that were published and not acknowledged. */
  readonly changes: CoalescedDeltas;
}

/**
 * The store of a single process, in its memory. Nothing has to outlive the process, as every start reads the devices.
 */
export class MemoryDesiredStore implements DesiredStore {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Stopwatch;

  constructor(clock: Stopwatch = { elapsed: () => performance.now() }) {
    this.#clock = clock;
  }

  publish(publication: Publication): Promise<number> {
    const name = publication.point.metadata.name;
    const known = this.#entries.get(name);
    const entry = known ?? newEntry(publication);
    entry.publication = publication;
    entry.version += 1;
    entry.published = entry.version;
    entry.changes.add(publication, entry.version);
    if (known === undefined || publication.rulesChanged) entry.wholeUntil = entry.version;
    this.#entries.set(name, entry);
    return Promise.resolve(entry.version);
  }

  withdraw(point: string): Promise<void> {
    this.#entries.delete(point);
    return Promise.resolve();
  }

  points(): Promise<readonly string[]> {
    return Promise.resolve([...this.#entries.keys()]);
  }

  take(point: string): Promise<Work | undefined> {
    const entry = this.#entries.get(point);
    if (entry === undefined) return Promise.resolve(undefined);
    const { acknowledged, wholeUntil, readBackDueAt, pending } = entry;
    const deltas = pending === undefined && acknowledged >= wholeUntil ? entry.changes.since(0) : undefined;
    const snapshot = async (): Promise<DesiredSnapshot> => {
      // What is published while it is built may not be in it, and is of no version that counts as done then.
      const { version } = entry;
      const desired = await entry.publication.desired();
      return { ...described(entry), version, reached: entry.acknowledged >= entry.published, desired };
    };
    // Who publishes here, and who works, live and die together.
    const controllerSilentMs = 0;
    const known = { ...described(entry), acknowledged, deltas, readBackDueAt, controllerSilentMs, pending };
    return Promise.resolve({ ...known, snapshot });
  }

  changesSince(point: string, since: number): Promise<MemberChanges | undefined> {
    const entry = this.#entries.get(point);
    if (entry === undefined || entry.version <= since) return Promise.resolve(undefined);
    const groups = entry.changes.since(since);
    return Promise.resolve({ ...described(entry), groups, membersOnly: entry.wholeUntil <= since });
  }

  acknowledge(point: string, version: number, readBackDueAt?: number): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry === undefined || version > entry.version) return Promise.resolve();
    entry.changes.forget(version);
    entry.acknowledged = Math.max(entry.acknowledged, version);
    entry.readBackDueAt = readBackDueAt;
    entry.failingSince = undefined;
    return Promise.resolve();
  }

  keepPending(point: string, pending: PendingSync | undefined): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry !== undefined) entry.pending = pending;
    return Promise.resolve();
  }

  distrust(point: string): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry === undefined) return Promise.resolve();
    entry.version += 1;
    entry.wholeUntil = entry.version;
    return Promise.resolve();
  }

  under(): DesiredStore {
    return this;
  }

  async failed(point: string): Promise<number> {
    await this.distrust(point);
    const entry = this.#entries.get(point);
    if (entry === undefined) return 0;
    const now = this.#clock.elapsed();
    entry.failingSince ??= now;
    return now - entry.failingSince;
  }

  compare(): Promise<Compared> {
    return Promise.resolve({ lost: [], confirmed: [] });
  }
}

function described({ publication, version, changes }: Entry): Pick<Work, 'point' | 'version' | 'ended' | 'synced'> {
  const { point, synced } = publication;
  return { point, version, ended: changes.ended, synced };
}

function newEntry(publication: Publication): Entry {
  return {
    publication,
    version: 0,
    published: 0,
    acknowledged: 0,
    wholeUntil: 0,
    readBackDueAt: undefined,
    failingSince: undefined,
    pending: undefined,
    changes: new CoalescedDeltas(),
  };
}
