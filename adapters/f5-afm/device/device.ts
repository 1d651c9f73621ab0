import { isObject, objectsIn } from '../../../kit/common/api/json.ts';
import type { GroupInventory } from '../../../kit/common/groups/inventory.ts';
import type { Device } from '../../../kit/common/session.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Ask, Call } from '../api/client.ts';
import type { F5AfmConfig } from '../config.ts';

export type BigIp = Device<Ask, F5AfmConfig>;

/** A device while a batch is being sent to it. */
export interface Work extends BigIp {
  /** The address lists of ours: a list is replaced as a whole, so a change of one member needs all the others. */
  readonly inventory: GroupInventory;
  /** Done when everything else is: what a transaction leaves unused cannot be deleted inside it. */
  readonly afterwards: Call[];
  readonly atomic: boolean;
}

/** The objects of a collection in one partition; not complete where the device stops after a page. */
export async function readPartition(
  { ask, config }: BigIp,
  table: string,
  query: Readonly<Record<string, string>> = {},
): Promise<{ readonly rows: readonly JsonObject[]; readonly complete: boolean }> {
  // Unquoted, a name with a dash is treated as a sum.
  const filter = { $filter: `partition eq '${config.partition}'` };
  const answer = await ask({ method: 'GET', collection: `tm/${table}`, query: { ...filter, ...query } });
  return { rows: itemsIn(answer), complete: answer['nextLink'] === undefined };
}

/** An empty collection has no items at all. */
export function itemsIn(answer: JsonObject): readonly JsonObject[] {
  return objectsIn(answer['items']);
}

/** The rules that a rule list or a policy was read with. */
export function rulesIn(row: JsonObject): readonly JsonObject[] {
  const reference = row['rulesReference'];
  return isObject(reference) ? itemsIn(reference) : [];
}
