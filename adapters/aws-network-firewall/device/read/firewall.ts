import { objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { objectAt, tokenIn } from './answers.ts';
import type { Firewall, Known } from '../known.ts';

export async function readFirewall({ ask, config }: Pick<Firewall, 'ask' | 'config'>): Promise<{
  readonly firewallArn: string;
  readonly policyArn: string;
  readonly answer: JsonObject;
}> {
  const by = config.firewall.startsWith('arn:') ? 'FirewallArn' : 'FirewallName';
  const answer = await ask.firewall('DescribeFirewall', { [by]: config.firewall });
  const described = objectAt(answer, 'Firewall');
  return { firewallArn: textOf(described['FirewallArn']), policyArn: textOf(described['FirewallPolicyArn']), answer };
}

export async function readPolicy({ ask }: Pick<Firewall, 'ask'>, arn: string): Promise<Known['policy']> {
  const answer = await ask.firewall('DescribeFirewallPolicy', { FirewallPolicyArn: arn });
  return { token: tokenIn(answer), document: objectAt(answer, 'FirewallPolicy') };
}

/** ARNs of the rule groups in the order in which they decide. */
export function attachedArns(policy: JsonObject): readonly string[] {
  const references = objectsIn(policy['StatefulRuleGroupReferences']);
  return [...references]
    .sort((a, b) => Number(a['Priority'] ?? 0) - Number(b['Priority'] ?? 0))
    .map((reference) => textOf(reference['ResourceArn']));
}
