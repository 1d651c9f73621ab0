import { Backlog } from './backlog.ts';
import type { DesiredStore, Publication, Whole, Work } from './desired-store.ts';

interface Entry {
  publication: Publication;
  version: number;
  /** The version of the publication. */
  published: number;
  acknowledged: number;
  /** Deltas are enough once this version has been acknowledged. */
  wholeUntil: number;
  readBackAt: number | undefined;
  /** Taken by a worker at `takenVersion` and not acknowledged. */
  taken: Backlog;
  takenVersion: number;
  /** Published since. */
  waiting: Backlog;
}

/** The embedded store: everything in this process, gone with it; a start reads the devices anyway. */
export class MemoryDesiredStore implements DesiredStore {
  readonly #entries = new Map<string, Entry>();

  publish(publication: Publication): Promise<number> {
    const name = publication.point.metadata.name;
    const known = this.#entries.get(name);
    const entry = known ?? newEntry(publication);
    entry.publication = publication;
    entry.version += 1;
    entry.published = entry.version;
    entry.waiting.add(publication);
    if (known === undefined || publication.rulesChanged) entry.wholeUntil = entry.version;
    this.#entries.set(name, entry);
    return Promise.resolve(entry.version);
  }

  withdraw(point: string): Promise<void> {
    this.#entries.delete(point);
    return Promise.resolve();
  }

  take(point: string): Promise<Work | undefined> {
    const entry = this.#entries.get(point);
    if (entry === undefined) return Promise.resolve(undefined);
    const { acknowledged, wholeUntil, readBackAt } = entry;
    const { groups, ...now } = takeUp(entry);
    const deltas = acknowledged >= wholeUntil ? groups : undefined;
    const whole = (): Promise<Whole> => {
      const { groups: _, ...latest } = takeUp(entry);
      const reached = entry.acknowledged >= entry.published;
      return Promise.resolve({ ...latest, reached, desired: entry.publication.desired() });
    };
    return Promise.resolve({ ...now, deltas, readBackAt, whole });
  }

  acknowledge(point: string, version: number, readBackAt?: number): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry === undefined || version > entry.version) return Promise.resolve();
    if (version >= entry.takenVersion) entry.taken = new Backlog();
    entry.acknowledged = Math.max(entry.acknowledged, version);
    entry.readBackAt = readBackAt;
    return Promise.resolve();
  }

  distrust(point: string): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry === undefined) return Promise.resolve();
    entry.version += 1;
    entry.wholeUntil = entry.version;
    return Promise.resolve();
  }

  lost(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}

/** Hands everything published so far to the worker that asks. */
function takeUp(entry: Entry): Pick<Work, 'point' | 'version' | 'ended' | 'synced'> & Pick<Backlog, 'groups'> {
  entry.taken.add(entry.waiting);
  entry.takenVersion = entry.version;
  entry.waiting = new Backlog();
  const { publication, taken, version } = entry;
  const { point, synced } = publication;
  return { point, version, groups: taken.groups, ended: new Set(taken.ended), synced };
}

function newEntry(publication: Publication): Entry {
  return {
    publication,
    version: 0,
    published: 0,
    acknowledged: 0,
    wholeUntil: 0,
    readBackAt: undefined,
    taken: new Backlog(),
    takenVersion: 0,
    waiting: new Backlog(),
  };
}
