import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { isObject, textOf } from '../../../../kit/common/api/json.ts';
import { notActive } from '../../../../kit/common/redundancy.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Ask } from '../../api/client.ts';
import { itemsIn } from '../device.ts';

/*
 * A pair of units has two configurations: what is written to the standby one is lost, or brings the two apart.
 */

/** @throws AdapterError `busy` on a unit that is not the active one */
export async function checkActive(ask: Ask): Promise<void> {
  const units = itemsIn(await ask({ method: 'GET', collection: 'tm/cm/device' }));
  const self = units.find((unit) => textOf(unit['selfDevice']) === 'true');
  const state = textOf(self?.['failoverState']);
  if (state === '' || state === 'active') return;
  const active = units.find((unit) => textOf(unit['failoverState']) === 'active');
  throw notActive({ state, active: active && nameOf(active) });
}

function nameOf(unit: JsonObject): string {
  const address = textOf(unit['managementIp']);
  return `${textOf(unit['hostname']) || textOf(unit['name'])}${address === '' ? '' : ` (${address})`}`;
}

/** `In Sync`, `Standalone`, `Changes Pending`; empty when the user may not know. */
export async function syncStatus(ask: Ask): Promise<string> {
  const status = ask({ method: 'GET', collection: 'tm/cm/sync-status' });
  return textOf(described(await unlessRefused(status, 'forbidden', 'not-found', 'unsupported'), 'status'));
}

/** The description of the first entry of that name in what statistics are wrapped in. */
export function described(value: Json | undefined, name: string): Json | undefined {
  if (!isObject(value)) return undefined;
  const own = value[name];
  if (isObject(own) && own['description'] !== undefined) return own['description'];
  for (const child of Object.values(value)) {
    const found = described(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
