import { isClass } from '../../../../../kit/common/api/answers.ts';
import { textOf } from '../../../../../kit/common/api/json.ts';
import { atLeast } from '../../../../../kit/common/api/version.ts';
import type { Capabilities } from '../../../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../../../src/adapter/errors.ts';
import type { Ask } from '../../../api/client.ts';
import { rowsOf } from '../../../api/envelope.ts';
import type { FortigateConfig } from '../../../config.ts';

/**
 * A FortiManager's next install removes what was written past it.
 *
 * @throws AdapterError `unsupported` for a device that a FortiManager manages, unless the config allows it
 */
export async function checkManager(
  ask: Ask,
  { allowFortiManagerManaged }: FortigateConfig,
  version: string,
): Promise<Capabilities['choices'][string]> {
  const registration = await readRegistration(ask, version);
  if (registration === 'forbidden') {
    return { value: 'unknown', reason: 'The API user may not read whether a FortiManager manages this device.' };
  }
  if (registration === 'absent') {
    return { value: 'unknown', reason: `FortiOS ${version} does not tell whether a FortiManager manages this device.` };
  }
  if (registration !== 'registered') return { value: 'no', reason: 'No FortiManager has registered this device.' };
  if (allowFortiManagerManaged) {
    const reason =
      'A FortiManager manages this device; config.allowFortiManagerManaged permits Postern to write anyway.';
    return { value: 'yes', reason };
  }
  throw new AdapterError(
    'unsupported',
    'A FortiManager manages this device, and its next install would remove what Postern writes. Release it there, or set config.allowFortiManagerManaged.',
  );
}

/** Where the state of the registration is told: the second path came with FortiOS 7.4.0, the first went with 7.6.0. */
const paths = [
  { table: 'system/fortimanager/status', field: 'registration', query: {} },
  // Without it, the device sends its manager a message for every question.
  { table: 'system/central-management/status', field: 'registration_status', query: { skip_detect: 'true' } },
] as const;

/** `registered`, `unregistered`, `inprogress`, `unknown`; or why it cannot be read: `forbidden`, or `absent` in this build. */
async function readRegistration(ask: Ask, version: string): Promise<string> {
  for (const { table, field, query } of atLeast(version, '7.4') ? paths.toReversed() : paths) {
    try {
      const [status] = rowsOf(await ask({ method: 'GET', base: 'monitor', table, query }));
      return textOf(status?.[field]);
    } catch (error) {
      if (isClass(error, 'forbidden')) return 'forbidden';
      if (!isClass(error, 'not-found', 'unsupported', 'invalid')) throw error;
    }
  }
  return 'absent';
}
