import { textOf } from '../common/api/json.ts';
import { Ownership } from '../common/ownership/ownership.ts';
import { plainResource } from '../common/ownership/resources.ts';
import type { Owner } from '../../src/adapter/owner.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { Reading } from '../common/session.ts';

/** An object of ours as it was read. */
export interface OurRow {
  readonly row: JsonObject;
  readonly name: string;
  /** The whole text with the mark. */
  readonly mark: string;
  /** What the mark says that it is there for. */
  readonly subject: string;
}

/** Sorts what was read into resources of ours, and collisions. Names stand in `name`. */
export class Sorting {
  readonly resources: Resource[] = [];
  readonly ownership: Ownership;
  readonly #markField: (kind: string) => string;

  /**
   * @param field what the device calls the text with the mark
   * @param markField in which field of a kind's rows it stands; absent: in one of that name
   */
  constructor(owner: Owner, field: string, markField: (kind: string) => string = () => field) {
    this.ownership = new Ownership(owner, field);
    this.#markField = markField;
  }

  ours(kind: string, rows: readonly JsonObject[]): readonly OurRow[] {
    const field = this.#markField(kind);
    const marked = rows.map((row) => ({ row, name: textOf(row['name']), mark: textOf(row[field]) }));
    return this.ownership.ours(kind, marked);
  }

  /** Those of ours are resources as they are. */
  plain(kind: string, rows: readonly JsonObject[], spec: (row: JsonObject) => JsonObject): void {
    for (const { row, name } of this.ours(kind, rows)) this.resources.push(plainResource(kind, name, spec(row)));
  }

  /** @param tables each as it was read */
  reading<Known>(known: Known, tables: readonly { readonly complete: boolean }[]): Reading<Known> {
    const complete = tables.every((table) => table.complete);
    const { foreign, neighbours } = this.ownership;
    return { known, observed: { complete, resources: this.resources, foreign, ...(neighbours && { neighbours }) } };
  }
}
