import { textOf } from '../../../kit/common/api/json.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { kinds } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import type { Gcp } from './known.ts';
import { effectiveFirewalls, type Effective } from './live.ts';
import { readPolicy } from './policy.ts';

/** The policy, by reads that change nothing. @throws AdapterError `foreign-owned` for one that Google itself writes */
export async function probe(gcp: Gcp): Promise<Capabilities> {
  const { policy, firstPriority, lastPriority } = gcp.config;
  const read = await readPolicy(gcp);
  const { fields } = read;
  if (fields['policySource'] === 'SYSTEM') {
    const message = `Policy ${policy} is written by a service of Google (policySource SYSTEM), which overwrites what others do. Make a policy of its own for Postern.`;
    throw new AdapterError('foreign-owned', message);
  }
  const type = textOf(fields['policyType']);
  if (type !== '' && type !== 'VPC_POLICY')
    throw new AdapterError(
      'unsupported',
      `Policy ${policy} is of type ${type}; Postern writes to policies of type VPC_POLICY.`,
    );
  const found = await effectiveFirewalls(gcp, read);
  return {
    ...unprobed,
    version: 'v1',
    maxObjects: { [kinds.rule]: lastPriority - firstPriority + 1 },
    choices: { networks: networksChoice(found), before: beforeChoice(found) },
  };
}

type Choice = Capabilities['choices'][string];

function networksChoice(found: readonly Effective[] | undefined): Choice {
  if (found === undefined)
    return { value: '', reason: 'They cannot be read (compute.networks.getEffectiveFirewalls).' };
  const reason =
    found.length === 0
      ? 'No network has the policy yet: nothing enforces what is written.'
      : 'The policy is associated with them.';
  return { value: found.map(({ network }) => network).join(', '), reason };
}

/** Policies of the organisation and its folders are asked first, and can allow or deny for good. */
function beforeChoice(found: readonly Effective[] | undefined): Choice {
  const above = (found ?? []).flatMap(({ policies }) => policies.filter(({ type }) => textOf(type) === 'HIERARCHY'));
  const names = above.map((one) => textOf(one['shortName']) || textOf(one['displayName']) || textOf(one['name']));
  if (found === undefined) return { value: '', reason: 'Policies of the organisation and its folders cannot be read.' };
  return names.length === 0
    ? { value: '', reason: 'No policy of the organisation or of a folder decides before this one.' }
    : {
        value: [...new Set(names)].join(', '),
        reason:
          'Policies of the organisation or of a folder decide first: their administrators can permit or deny flows, and no rule of Postern changes that.',
      };
}
