import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import { atLeast } from '../../../../kit/common/api/version.ts';
import { notActive } from '../../../../kit/common/redundancy.ts';
import type { Capabilities } from '../../../../src/adapter/capabilities.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Ask } from '../../api/client.ts';
import { rowsOf } from '../../api/envelope.ts';

type Choice = Capabilities['choices'][string];

/**
 * A cluster takes its configuration from its primary: what is written to another unit, by its own management address, is
 * replaced by that of the primary.
 *
 * @throws AdapterError `busy` on a unit that is not the primary
 */
export async function checkPrimary(ask: Ask, version: string): Promise<Choice> {
  const table = atLeast(version, '7.0') ? 'system/ha-checksums' : 'system/ha-checksums/select';
  const asked = ask({ method: 'GET', base: 'monitor', table });
  const answer = await unlessRefused(asked, 'forbidden', 'not-found', 'unsupported', 'invalid');
  const units = answer === undefined ? [] : rowsOf(answer);
  const own = units.find((unit) => textOf(unit['serial_no']) === answer?.serial);
  if (own === undefined)
    return { value: 'unknown', reason: 'The device does not tell whether it is one of a cluster.' };
  if (units.length < 2) return { value: 'standalone', reason: 'There is one unit.' };
  if (units.every((unit) => primacyOf(unit) === undefined))
    return { value: 'unknown', reason: `The device does not tell which of ${units.length} units is the primary.` };
  if (isPrimary(own)) return { value: 'primary', reason: `This is the primary of ${units.length} units.` };
  const primary = units.find(isPrimary);
  throw notActive({ state: 'secondary', active: primary && textOf(primary['serial_no']) });
}

function isPrimary(unit: JsonObject): boolean {
  const said = primacyOf(unit);
  return said === true || said === 1;
}

/** As later versions say it, true or false; as earlier ones do, 1 or 0. Undefined: nothing is said of it. */
function primacyOf(unit: JsonObject): Json | undefined {
  return unit['is_root_primary'] ?? unit['is_root_master'];
}
