import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { eachOf } from '../../../../kit/common/api/each-of.ts';
import { objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import type { Capabilities } from '../../../../src/adapter/capabilities.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { kinds, nameIn, scopePrefix } from '../../objects/names.ts';
import type { Firewall } from '../known.ts';
import { foreignAssociations } from './associations.ts';
import { foreignLists } from './lists.ts';

/** How much of a quota others have taken. */
interface Room {
  readonly kind: string;
  readonly what: string;
  readonly taken: number;
  readonly of: number;
  readonly where: string;
}

/** What others have left of the quotas of the account and the policy. */
export async function roomIn(
  firewall: Firewall,
  policy: string,
  document: JsonObject,
): Promise<Pick<Capabilities, 'maxObjects'> & { readonly room: Capabilities['choices'][string] }> {
  const { quotas, sources } = firewall.config;
  const groups = objectsIn(document['StatefulRuleGroupReferences'])
    .map(({ ResourceArn }) => textOf(ResourceArn))
    .filter((arn) => !nameIn(arn).startsWith(scopePrefix(firewall)));
  const capacities = await eachOf(groups, async (arn) => capacityOf(firewall, arn));
  const [inRegion, inPolicy] = ['in the region', `in policy ${policy}`];
  const rooms: Room[] = [
    { kind: kinds.group, what: 'rule groups', taken: groups.length, of: quotas.ruleGroups, where: inPolicy },
    {
      ...{ kind: kinds.line, what: 'lines of rules', of: quotas.rules, where: inPolicy },
      taken: capacities.reduce((sum, capacity) => sum + capacity, 0),
    },
  ];
  if (sources === 'prefix-list') {
    const taken = await foreignLists(firewall);
    rooms.unshift({ kind: kinds.list, what: 'prefix lists', taken, of: quotas.prefixLists, where: inRegion });
  }
  if (sources === 'container-association') {
    const [what, taken] = ['container associations', await foreignAssociations(firewall)];
    rooms.unshift({ kind: kinds.association, what, taken, of: quotas.containerAssociations, where: inRegion });
  }
  return {
    maxObjects: Object.fromEntries(rooms.map(({ kind, of, taken }) => [kind, Math.max(0, of - taken)])),
    room: {
      value: rooms.map(({ of, taken, what }) => `${of - taken} ${what}`).join(', '),
      reason: `Others have ${rooms.map(({ taken, of, what, where }) => `${taken} of ${of} ${what} ${where}`).join(' and ')}.`,
    },
  };
}

/** What a rule group of others takes of the policy; nothing is known of one that may not be described. */
async function capacityOf({ ask }: Firewall, RuleGroupArn: string): Promise<number> {
  const asked = ask.firewall('DescribeRuleGroupMetadata', { RuleGroupArn, Type: 'STATEFUL' });
  const answer = await unlessRefused(asked, 'forbidden', 'not-found', 'invalid', 'unsupported');
  return Number(answer?.['Capacity'] ?? 0);
}
