import { unlessRefused } from '../../../kit/common/api/answers.ts';
import type { Live } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { nameIn, rulesPath, templates, statesInProgress, type Azure } from './known.ts';
import { kindOf, readPolicy, stateIn } from './policy.ts';

/** An update takes minutes. */
const lookAgainAfterMs = 20_000;

/**
 * What the rule collection group, the policy and the firewalls say of themselves: Azure shows no other evidence of what is
 * enforced.
 *
 * @throws AdapterError `failed` when one of them has failed, also after an update of another client
 */
export async function live(azure: Azure): Promise<Live> {
  const { id, state, firewalls } = await readPolicy(azure);
  const asked = azure.ask({ method: 'GET', path: rulesPath(azure), template: templates.rules });
  const rules = await unlessRefused(asked, 'not-found');
  const states = [
    ...(rules === undefined ? [] : [{ what: 'The rule collection group', state: stateIn(rules.body) }]),
    ...[{ id, state }, ...firewalls].map((one) => ({ what: `${kindOf(one)} ${nameIn(one.id)}`, state: one.state })),
  ];
  const failed = states.find((one) => one.state === 'Failed');
  if (failed !== undefined) throw hasFailed(failed.what);
  const late = states.find((one) => statesInProgress.has(one.state));
  if (late !== undefined) return { state: 'pending', evidence: `${late.what} is ${late.state}`, lookAgainAfterMs };
  const unread = firewalls.filter((one) => one.state === '').map((one) => nameIn(one.id));
  if (firewalls.length === 0) return { state: 'unknown', evidence: 'no firewall uses the policy' };
  if (unread.length > 0) return { state: 'unknown', evidence: `the state of ${unread.join(', ')} cannot be read` };
  return {
    state: 'live',
    evidence: `Succeeded, say the policy and ${firewalls.map((one) => nameIn(one.id)).join(', ')}`,
  };
}

function hasFailed(what: string): AdapterError {
  const message = `${what} is in state Failed: Azure did not apply the last update, so what it enforces is unknown. Update it again without a change (az network firewall update, or Update in the portal), or ask Azure support.`;
  return new AdapterError('failed', message);
}
