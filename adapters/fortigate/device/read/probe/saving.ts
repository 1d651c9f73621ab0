import { unlessRefused } from '../../../../../kit/common/api/answers.ts';
import { textOf } from '../../../../../kit/common/api/json.ts';
import { AdapterError } from '../../../../../src/adapter/errors.ts';
import type { Capabilities } from '../../../../../src/adapter/capabilities.ts';
import type { Ask } from '../../../api/client.ts';
import { rowsOf } from '../../../api/envelope.ts';

/**
 * A device may keep changes in memory until somebody saves them (FortiOS Administration Guide, "Using configuration save mode").
 *
 * @throws AdapterError `unsupported` where it takes back by itself what nobody has saved
 */
export async function checkSaving(ask: Ask): Promise<Capabilities['choices'][string]> {
  const asked = ask({ method: 'GET', base: 'cmdb', table: 'system/global' });
  const answer = await unlessRefused(asked, 'forbidden', 'not-found', 'unsupported', 'invalid');
  const [settings] = answer === undefined ? [] : rowsOf(answer);
  const mode = textOf(settings?.['cfg-save']);
  if (mode === 'revert')
    throw new AdapterError(
      'unsupported',
      'The device takes back what nobody saves in time (cfg-save revert), so that addresses which Postern has withdrawn would come back: config system global, set cfg-save automatic.',
    );
  if (mode === 'manual')
    return {
      value: mode,
      reason:
        'A reboot brings back what was last saved (cfg-save manual), also addresses that were withdrawn, until Postern reads the device again: execute cfg save, or set cfg-save automatic.',
    };
  return mode === ''
    ? { value: 'unknown', reason: 'The API user may not read whether a reboot loses changes.' }
    : { value: mode, reason: 'The device saves every change.' };
}
