import { objectOf } from '../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Ask } from './client.ts';
import { rowsOf } from './envelope.ts';

/** The description of each table, as the device gives it: read once, for it is large and changes with the version only. */
export class Descriptions {
  readonly #read = new Map<string, JsonObject>();

  /** @throws AdapterError when the table may not be read, or is not there */
  async of(ask: Ask, table: string): Promise<JsonObject> {
    const known = this.#read.get(table);
    if (known !== undefined) return known;
    const envelope = await ask({ method: 'GET', base: 'cmdb', table, query: { action: 'schema' } });
    const [described = {}] = rowsOf(envelope);
    this.#read.set(table, described);
    return described;
  }

  forget(): void {
    this.#read.clear();
  }
}

/** The attributes in a description, by name. */
export function attributesIn(description: JsonObject | undefined): JsonObject {
  return objectOf(description?.['children']);
}

export function positive(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
