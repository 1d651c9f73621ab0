import type { Clock } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import type { Owner } from '../../src/adapter/owner.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Ask, Call } from './client.ts';
import type { F5AfmConfig } from './config.ts';
import type { Inventory } from './inventory.ts';
import { isObject } from './native.ts';

/** What those who work on a device are given. */
export interface Device {
  readonly ask: Ask;
  readonly owner: Owner;
  readonly config: F5AfmConfig;
  readonly capabilities: Capabilities;
  readonly clock: Clock;
}

/** A device while a batch is being sent to it. */
export interface Workplace extends Device {
  readonly inventory: Inventory;
  /** Done when everything else is: what a transaction leaves unused cannot be deleted inside it. */
  readonly afterwards: Call[];
  readonly atomic: boolean;
}

/** The objects of a collection in one partition; not complete where the device stops after a page. */
export async function readPartition(
  { ask, config }: Device,
  table: string,
  query: Readonly<Record<string, string>> = {},
): Promise<{ readonly rows: readonly JsonObject[]; readonly complete: boolean }> {
  // Unquoted, a name with a dash is taken for a sum.
  const filter = { $filter: `partition eq '${config.partition}'` };
  const answer = await ask({ method: 'GET', collection: `tm/${table}`, query: { ...filter, ...query } });
  return { rows: itemsIn(answer), complete: answer['nextLink'] === undefined };
}

/** An empty collection has no items at all. */
export function itemsIn(answer: JsonObject): readonly JsonObject[] {
  const { items } = answer;
  return Array.isArray(items) ? (items as readonly JsonObject[]).filter(isObject) : [];
}
