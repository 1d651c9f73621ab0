import type { JsonObject } from '../../../src/core/model/json.ts';

/** One object as it is kept. Entries never change in place. */
export interface Entry {
  readonly name: string;
  /** Empty for what lives in no partition. */
  readonly partition: string;
  /** Folders below the partition, `Shared/App`; empty for none. */
  readonly subPath: string;
  /** `/Common/Shared/x`; the bare name of what lives in no partition, and of rules. */
  readonly fullPath: string;
  readonly generation: number;
  readonly fields: JsonObject;
  /** In order. */
  readonly rules: readonly Entry[];
}

const none: ReadonlyMap<string, Entry> = new Map();

/** A configuration: collections of objects by full path. A fork costs a few pointers. */
export class Store {
  #tables = new Map<string, Map<string, Entry>>();
  #writable = new Set<string>();
  #generation = 1;

  all(path: string): ReadonlyMap<string, Entry> {
    return this.#tables.get(path) ?? none;
  }

  paths(): readonly string[] {
    return [...this.#tables.keys()];
  }

  get(path: string, fullPath: string): Entry | undefined {
    return this.#tables.get(path)?.get(fullPath);
  }

  put(path: string, entry: Entry): void {
    this.#own(path).set(entry.fullPath, entry);
  }

  remove(path: string, fullPath: string): void {
    this.#own(path).delete(fullPath);
  }

  /** The next number of a change, over all objects. */
  generation(): number {
    this.#generation += 1;
    return this.#generation;
  }

  fork(): Store {
    const fork = new Store();
    fork.#tables = new Map(this.#tables);
    fork.#generation = this.#generation;
    this.#writable.clear();
    return fork;
  }

  #own(path: string): Map<string, Entry> {
    const table = this.#tables.get(path);
    if (table !== undefined && this.#writable.has(path)) return table;
    const own = new Map(table);
    this.#tables.set(path, own);
    this.#writable.add(path);
    return own;
  }
}
