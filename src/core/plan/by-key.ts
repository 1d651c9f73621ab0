import type { Resource, ResourceKey } from '../model/resource.ts';

/** Objects by table and name: a text of both, for each of 100,000 objects, would cost more than comparing them. */
export class ByKey<R extends Resource> {
  readonly #tables = new Map<string, Map<string, R>>();

  /** Of several with one key, the last. */
  constructor(resources: readonly R[]) {
    for (const resource of resources) {
      const table = this.#tables.get(resource.kind);
      if (table) table.set(resource.name, resource);
      else this.#tables.set(resource.kind, new Map([[resource.name, resource]]));
    }
  }

  get({ kind, name }: ResourceKey): R | undefined {
    return this.#tables.get(kind)?.get(name);
  }
}
