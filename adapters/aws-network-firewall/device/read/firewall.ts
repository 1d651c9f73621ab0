import { isClass } from '../../../../kit/common/api/answers.ts';
import { objectOf, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { objectAt, tokenIn } from './answers.ts';
import { nameIn } from '../../objects/names.ts';
import type { Firewall } from '../known.ts';

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

/** A policy as it is now. */
export interface Policy {
  readonly token: string;
  readonly document: JsonObject;
  /** What AWS has found wrong with its settings, some time after they were written. */
  readonly faults: readonly string[];
  /** Why it is not in force; undefined: AWS does not say so. */
  readonly broken: string | undefined;
}

/** @throws AdapterError `unsupported` for a Next Generation policy */
export async function readPolicy({ ask }: Pick<Firewall, 'ask'>, arn: string): Promise<Policy> {
  const asked = ask.firewall('DescribeFirewallPolicy', { FirewallPolicyArn: arn });
  const answer = await asked.catch(async (error: unknown) => {
    if (isClass(error, 'invalid', 'not-found', 'unsupported')) await refuseNextGeneration(ask, arn);
    throw error;
  });
  const { FirewallPolicyStatus, StatusMessage, Errors } = objectOf(answer['FirewallPolicyResponse']);
  const said = (word: Json | undefined, why: Json | undefined): string =>
    `${textOf(word)} (${textOf(why).slice(0, 200)})`;
  return {
    token: tokenIn(answer),
    document: objectAt(answer, 'FirewallPolicy'),
    faults: objectsIn(Errors).map(({ Code, Message }) => said(Code, Message)),
    broken: FirewallPolicyStatus === 'ERROR' ? said(FirewallPolicyStatus, StatusMessage) : undefined,
  };
}

/** No other operation tells of which kind a policy is. */
async function refuseNextGeneration(ask: Firewall['ask'], arn: string): Promise<void> {
  const asked = ask.firewall('DescribeFirewallPolicyV2', { FirewallPolicyV2Arn: arn });
  const answer = await asked.catch(() => undefined);
  if (answer === undefined) return;
  const message = `The firewall has the Next Generation policy ${nameIn(arn)}, whose rules have another form. Give it a policy with StatefulEngineOptions.RuleOrder STRICT_ORDER (AssociateFirewallPolicy).`;
  throw new AdapterError('unsupported', message);
}

/** ARNs of the rule groups in the order in which they decide. */
export function attachedArns(policy: JsonObject): readonly string[] {
  const references = objectsIn(policy['StatefulRuleGroupReferences']);
  return [...references]
    .sort((a, b) => Number(a['Priority'] ?? 0) - Number(b['Priority'] ?? 0))
    .map((reference) => textOf(reference['ResourceArn']));
}
