import type { GroupDelta } from '../core/model/desired.ts';
import type { DesiredStore, Publication, Work } from './desired-store.ts';

interface Entry {
  readonly publication: Publication;
  readonly version: number;
  /** Publications since the acknowledged one, each with its version. */
  readonly pending: readonly { readonly version: number; readonly publication: Publication }[];
  readonly trusted: boolean;
}

/** The embedded store: everything in this process, gone with it; a start reads the devices anyway. */
export class MemoryDesiredStore implements DesiredStore {
  readonly #entries = new Map<string, Entry>();

  publish(publication: Publication): Promise<void> {
    const name = publication.point.metadata.name;
    const known = this.#entries.get(name);
    const version = (known?.version ?? 0) + 1;
    const pending = [...(known?.pending ?? []), { version, publication }];
    this.#entries.set(name, { publication, version, pending, trusted: known?.trusted ?? false });
    return Promise.resolve();
  }

  withdraw(point: string): Promise<void> {
    this.#entries.delete(point);
    return Promise.resolve();
  }

  take(point: string): Promise<Work | undefined> {
    const entry = this.#entries.get(point);
    if (entry === undefined) return Promise.resolve(undefined);
    const publications = entry.pending.map(({ publication }) => publication);
    const whole = !entry.trusted || publications.some(({ rulesChanged }) => rulesChanged);
    return Promise.resolve({
      point: entry.publication.point,
      version: entry.version,
      desired: entry.publication.desired,
      deltas: whole ? undefined : mergeDeltas(publications.flatMap(({ groups }) => groups)),
      ended: new Set(publications.flatMap(({ ended }) => ended)),
      synced: entry.publication.synced,
    });
  }

  acknowledge(point: string, version: number): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry !== undefined) {
      const pending = entry.pending.filter((item) => item.version > version);
      this.#entries.set(point, { ...entry, pending, trusted: true });
    }
    return Promise.resolve();
  }

  distrust(point: string): Promise<void> {
    const entry = this.#entries.get(point);
    if (entry !== undefined) this.#entries.set(point, { ...entry, trusted: false });
    return Promise.resolve();
  }
}

/** Deltas that follow one another as one per group: the last word on each address counts. */
export function mergeDeltas(deltas: readonly GroupDelta[]): readonly GroupDelta[] {
  const merged = new Map<string, { readonly delta: GroupDelta; readonly present: Map<string, boolean> }>();
  for (const delta of deltas) {
    const { present } = merged.get(delta.id) ?? { present: new Map<string, boolean>() };
    for (const address of delta.removed) present.set(address, false);
    for (const address of delta.added) present.set(address, true);
    merged.set(delta.id, { delta, present });
  }
  return [...merged.values()].map(({ delta, present }) => ({
    id: delta.id,
    role: delta.role,
    added: [...present].flatMap(([address, is]) => (is ? [address] : [])),
    removed: [...present].flatMap(([address, is]) => (is ? [] : [address])),
  }));
}
