import { ReferenceIndex, type Reference, type RowKey } from './references.ts';

/** Everything that one row of a table refers to. */
export type ReferencesOf<Row> = (table: string, row: Row) => readonly Reference[];

/**
 * The tables of a device, each with its rows by key and in order. Rows never change in place. A fork costs a few
 * pointers: a table is copied when one side first writes to it.
 */
export class Tables<Row> {
  readonly #referencesOf: ReferencesOf<Row>;
  #tables = new Map<string, Map<string, Row>>();
  #own = new Set<string>();
  #changes = new Map<string, number>();
  #writes = 0;
  /** Built on the first question about references. */
  #index: ReferenceIndex | undefined;

  constructor(referencesOf: ReferencesOf<Row> = () => []) {
    this.#referencesOf = referencesOf;
  }

  rows(table: string): ReadonlyMap<string, Row> {
    return this.#tables.get(table) ?? new Map<string, Row>();
  }

  get(table: string, key: string): Row | undefined {
    return this.#tables.get(table)?.get(key);
  }

  has(table: string, key: string): boolean {
    return this.#tables.get(table)?.has(key) === true;
  }

  put(table: string, key: string, row: Row): void {
    this.#writable(table).set(key, row);
    this.#index?.put({ table, key }, this.#targets(table, row));
  }

  remove(table: string, key: string): void {
    this.#writable(table).delete(key);
    this.#index?.remove({ table, key });
  }

  /** Puts the rows of a table into this order. */
  reorder(table: string, keys: readonly string[]): void {
    const rows = this.#writable(table);
    for (const key of keys) {
      const row = rows.get(key);
      if (row === undefined || !rows.delete(key)) continue;
      rows.set(key, row);
    }
  }

  /** Takes whole tables over from another set of them, which keeps them too. */
  adopt(other: Tables<Row>, tables: Iterable<string>): void {
    for (const table of tables) {
      const rows = other.#tables.get(table);
      if (rows === undefined || rows === this.#tables.get(table)) continue;
      this.#tables.set(table, rows);
      this.#changes.set(table, this.changes(table) + 1);
      this.#own.delete(table);
      other.#own.delete(table);
      this.#index = undefined;
    }
  }

  /** How often a table was written to. */
  changes(table: string): number {
    return this.#changes.get(table) ?? 0;
  }

  /** How often any table was written to. */
  get writes(): number {
    return this.#writes;
  }

  /** The rows that refer to this one. */
  referrers(table: string, key: string): readonly RowKey[] {
    this.#index ??= this.#indexed();
    return this.#index.referrers({ table, key });
  }

  /** The first thing that a row refers to and that is not there. */
  dangling(table: string, row: Row): Reference | undefined {
    return this.#referencesOf(table, row).find(
      ({ to, key, optional }) => !optional && !to.some((target) => this.has(target, key)),
    );
  }

  /** Does one of these rows of a table lead to `wanted`, itself or at any depth? */
  reaches(table: string, from: readonly string[], wanted: string, next: (row: Row) => readonly string[]): boolean {
    const seen = new Set<string>();
    const open = [...from];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      if (key === wanted) return true;
      const row = seen.has(key) ? undefined : this.get(table, key);
      seen.add(key);
      if (row !== undefined) for (const one of next(row)) open.push(one);
    }
    return false;
  }

  fork(): Tables<Row> {
    const fork = new Tables(this.#referencesOf);
    fork.#tables = new Map(this.#tables);
    fork.#changes = new Map(this.#changes);
    fork.#writes = this.#writes;
    this.#own.clear();
    return fork;
  }

  #writable(table: string): Map<string, Row> {
    this.#writes += 1;
    this.#changes.set(table, this.changes(table) + 1);
    const rows = this.#tables.get(table);
    if (rows !== undefined && this.#own.has(table)) return rows;
    const own = new Map(rows);
    this.#tables.set(table, own);
    this.#own.add(table);
    return own;
  }

  #targets(table: string, row: Row): readonly RowKey[] {
    return this.#referencesOf(table, row).flatMap(({ to, key }) => {
      const found = to.find((target) => this.has(target, key));
      return found === undefined ? [] : [{ table: found, key }];
    });
  }

  #indexed(): ReferenceIndex {
    const index = new ReferenceIndex();
    for (const [table, rows] of this.#tables) {
      for (const [key, row] of rows) index.put({ table, key }, this.#targets(table, row));
    }
    return index;
  }
}
