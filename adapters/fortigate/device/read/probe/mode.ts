import { unlessRefused } from '../../../../../kit/common/api/answers.ts';
import { textOf } from '../../../../../kit/common/api/json.ts';
import { AdapterError } from '../../../../../src/adapter/errors.ts';
import type { Capabilities } from '../../../../../src/adapter/capabilities.ts';
import type { Ask } from '../../../api/client.ts';
import { rowsOf } from '../../../api/envelope.ts';
import type { FortigateConfig } from '../../../config.ts';

/**
 * In a policy-based VDOM a firewall policy has no action: it hands what it matches to the security policies, and those decide
 * (FortiOS 6.2.1, New Features, "NGFW policy mode").
 *
 * @throws AdapterError `unsupported` in such a VDOM
 */
export async function checkMode(ask: Ask, { vdom }: FortigateConfig): Promise<Capabilities['choices'][string]> {
  const asked = ask({ method: 'GET', base: 'cmdb', table: 'system/settings' });
  const answer = await unlessRefused(asked, 'forbidden', 'not-found', 'unsupported', 'invalid');
  const [settings] = answer === undefined ? [] : rowsOf(answer);
  const mode = textOf(settings?.['ngfw-mode']);
  if (mode === '')
    return { value: 'unknown', reason: 'The API user may not read whether firewall policies decide in this VDOM.' };
  if (mode === 'profile-based') return { value: mode, reason: 'Firewall policies decide.' };
  throw new AdapterError(
    'unsupported',
    `VDOM ${vdom} is in NGFW mode ${mode}, where security policies decide and not firewall policies, which Postern writes. Use a VDOM with ngfw-mode profile-based.`,
  );
}
