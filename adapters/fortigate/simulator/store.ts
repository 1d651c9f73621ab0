import { Feed } from './feed.ts';
import { ReferenceIndex, type EntryKey } from './references.ts';
import type { Row } from './row.ts';
import type { Schemas } from './schema.ts';

const noRows: ReadonlyMap<string, Row> = new Map();

/**
 * The tables of one VDOM. A fork costs a few pointers: a table is copied when one side first writes to it, and rows
 * never change in place.
 */
export class Store {
  readonly #schemas: Schemas;
  #tables = new Map<string, Map<string, Row>>();
  #writable = new Set<string>();
  #changes = new Map<string, number>();
  #feeds = new Map<string, Feed>();
  #writableFeeds = new Set<string>();
  /** Built when somebody first asks who refers to what. */
  #references: ReferenceIndex | undefined;

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  rows(table: string): ReadonlyMap<string, Row> {
    return this.#tables.get(table) ?? noRows;
  }

  get(table: string, key: string): Row | undefined {
    return this.#tables.get(table)?.get(key);
  }

  has(table: string, key: string): boolean {
    return this.#tables.get(table)?.has(key) === true;
  }

  put(table: string, key: string, row: Row): void {
    this.#own(table).set(key, row);
    this.#references?.put(table, key, row);
  }

  remove(table: string, key: string): void {
    this.#own(table).delete(key);
    this.#references?.remove(table, key);
    if (table === 'system/external-resource') this.#feeds.delete(key);
  }

  /** Puts the rows of a table into this order. */
  reorder(table: string, keys: readonly string[]): void {
    const rows = this.#own(table);
    const ordered = keys.flatMap((key) => {
      const row = rows.get(key);
      return row === undefined ? [] : [[key, row] as const];
    });
    this.#tables.set(table, new Map(ordered));
  }

  /** Takes over whole tables from another store. */
  adopt(other: Store, tables: Iterable<string>): void {
    for (const table of tables) {
      const rows = other.#tables.get(table);
      if (rows === undefined || rows === this.#tables.get(table)) continue;
      this.#tables.set(table, rows);
      this.#changes.set(table, this.changes(table) + 1);
      this.#writable.delete(table);
      other.#writable.delete(table);
      this.#references = undefined;
    }
  }

  referrers(table: string, key: string): readonly EntryKey[] {
    this.#references ??= this.#index();
    return this.#references.referrers(table, key);
  }

  /** How often a table was written to. */
  changes(table: string): number {
    return this.#changes.get(table) ?? 0;
  }

  feed(name: string): Feed | undefined {
    return this.#feeds.get(name);
  }

  feeds(): ReadonlyMap<string, Feed> {
    return this.#feeds;
  }

  /** The feed's entries to write to; `fresh` starts from none. */
  writeFeed(name: string, at: number, fresh = false): Feed {
    const present = fresh ? undefined : this.#feeds.get(name);
    const feed = present !== undefined && this.#writableFeeds.has(name) ? present : new Feed(present);
    feed.updatedAt = at;
    this.#feeds.set(name, feed);
    this.#writableFeeds.add(name);
    return feed;
  }

  fork(): Store {
    const fork = new Store(this.#schemas);
    fork.#tables = new Map(this.#tables);
    fork.#changes = new Map(this.#changes);
    fork.#feeds = new Map(this.#feeds);
    this.#writable.clear();
    this.#writableFeeds.clear();
    return fork;
  }

  #own(table: string): Map<string, Row> {
    this.#changes.set(table, this.changes(table) + 1);
    const rows = this.#tables.get(table);
    if (rows !== undefined && this.#writable.has(table)) return rows;
    const own = new Map(rows);
    this.#tables.set(table, own);
    this.#writable.add(table);
    return own;
  }

  #index(): ReferenceIndex {
    const index = new ReferenceIndex(this.#schemas, this);
    for (const [table, rows] of this.#tables) for (const [key, row] of rows) index.put(table, key, row);
    return index;
  }
}
