import { Backlog } from './backlog.ts';
import type { DesiredStore, Publication, Work } from './desired-store.ts';

interface Entry {
  publication: Publication;
  version: number;
  /** Taken by a worker and not acknowledged. */
  taken: Backlog;
  /** Published since. */
  waiting: Backlog;
  /** Is the device where acknowledged work has left it? */
  trusted: boolean;
}

/** The embedded store: everything in this process, gone with it; a start reads the devices anyway. */
export class MemoryDesiredStore implements DesiredStore {
  readonly #entries = new Map<string, Entry>();

  publish(publication: Publication): Promise<void> {
    const name = publication.point.metadata.name;
    const fresh = { publication, version: 0, taken: new Backlog(), waiting: new Backlog(), trusted: false };
    const entry = this.#entries.get(name) ?? fresh;
    entry.publication = publication;
    entry.version += 1;
    entry.waiting.add(publication);
    this.#entries.set(name, entry);
    return Promise.resolve();
  }

  withdraw(point: string): Promise<void> {
    this.#entries.delete(point);
    return Promise.resolve();
  }

  take(point: string): Promise<Work | undefined> {
    const entry = this.#entries.get(point);
    if (entry === undefined) return Promise.resolve(undefined);
    entry.taken.add(entry.waiting);
    entry.waiting = new Backlog();
    const { publication, taken, trusted, version } = entry;
    return Promise.resolve({
      point: publication.point,
      version,
      desired: publication.desired,
      deltas: trusted && !taken.rulesChanged ? taken.groups : undefined,
      ended: new Set(taken.ended),
      synced: publication.synced,
    });
  }

  acknowledge(point: string, version: number): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry !== undefined && version <= entry.version) {
      entry.taken = new Backlog();
      entry.trusted = true;
    }
    return Promise.resolve();
  }

  distrust(point: string): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry !== undefined) entry.trusted = false;
    return Promise.resolve();
  }
}
