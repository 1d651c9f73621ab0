import { textOf } from '../../../../kit/common/api/json.ts';
import { filterText, type Call } from '../../api/client.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import { canonical, type JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { rowsOf } from '../../api/envelope.ts';
import { tables } from '../../objects/names.ts';
import { policyDefaults, policySpec } from '../../objects/policy.ts';
import { edit, type Fortigate } from '../device.ts';

/** @throws AdapterError `conflict` where the policy says something else than it did */
export async function retire({ ask }: Fortigate, { key, before }: Change): Promise<void> {
  const id = key.name.startsWith('#') ? key.name.slice(1) : undefined;
  const one: Call =
    id === undefined
      ? { method: 'GET', base: 'cmdb', table: tables.policy, query: { filter: `name==${filterText(key.name)}` } }
      : { method: 'GET', base: 'cmdb', table: tables.policy, keys: [id] };
  const rows = rowsOf(await ask(one)).filter((row) => id !== undefined || row['name'] === key.name);
  const [row] = rows;
  if (row === undefined) throw new AdapterError('not-found', `Policy ${key.name} no longer exists.`);
  if (rows.length > 1 || known(policySpec(row)) !== known(before?.spec ?? {}))
    throw new AdapterError('conflict', `Policy ${key.name} is not what it was when it was read: look at it again.`);
  await edit(ask, {
    method: 'PUT',
    table: tables.policy,
    keys: [textOf(row['policyid'])],
    body: { status: 'disable' },
  });
}

/** The fields that every account reads the same. */
function known(spec: JsonObject): string {
  return canonical(Object.fromEntries(Object.keys(policyDefaults).map((field) => [field, spec[field] ?? null])));
}
