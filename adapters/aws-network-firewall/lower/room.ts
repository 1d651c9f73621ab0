import { withinCapacity, type Carried } from '../../../kit/common/groups/capacity.ts';
import { rulesThatFit } from '../../../kit/common/rules/that-fit.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import { grouped } from '../../../src/core/model/grouped.ts';
import { kinds } from '../objects/names.ts';
import { linesOf } from '../objects/resources.ts';
import { fitsPolicy, referencesPerDocument, sumOf } from './documents.ts';
import type { Context } from './groups.ts';
import { holdersOf } from './holders.ts';

/* What would exceed a quota is left out before anything is sent. */

/** What there are lists for, or associations. Each group takes as many as it has parts; variables are counted nowhere. */
export function withinRoom(desired: Pick<DesiredState, 'groups' | 'rules'>, context: Context): Carried {
  const { sources, addressFamilies } = context.config;
  if (sources === 'inline') return { ...desired, losses: [] };
  const { maxObjects } = context.capabilities;
  const families = addressFamilies.length;
  const perDocument = Math.floor(referencesPerDocument / families) * families;
  const { [kinds.list]: lists = Infinity, [kinds.group]: documents = Infinity } = maxObjects;
  const isFollowed = sources === 'container-association';
  const room = isFollowed ? (maxObjects[kinds.association] ?? Infinity) : Math.min(lists, documents * perDocument);
  const sizeOf = (group: AddressGroup): number => holdersOf(group, context).length;
  const needed = sumOf(desired.groups.map(sizeOf));
  const what = isFollowed ? 'container associations' : 'prefix lists';
  const message = (left: string): string =>
    `There is room for ${room} ${what} here, and ${needed} are needed: ${left}. Set addressFamilies to those that workloads have, ask AWS to raise the quotas and write them into config.quotas, or divide the namespaces among several firewalls.`;
  return withinCapacity(desired, room, { code: 'too-many-groups', message }, sizeOf);
}

/** What the policy of the firewall has room for: so many rule groups, and so many lines in all of them. */
export function withinPolicy(
  rules: readonly Rule[],
  { resources }: Lowered,
  { capabilities: { maxObjects } }: Context,
): ReturnType<typeof rulesThatFit> {
  const { [kinds.group]: groups = Infinity, [kinds.line]: lines = Infinity } = maxObjects;
  const written = new Map(
    grouped(
      resources.flatMap((one) =>
        one.kind === kinds.rule ? [[one.desiredId ?? '', { name: one.name, lines: linesOf(one) }] as const] : [],
      ),
    ),
  );
  const fits = (some: readonly Rule[]): boolean =>
    fitsPolicy(
      some.flatMap(({ id }) => written.get(id) ?? []),
      { groups, lines },
    );
  const message = `The policy of the firewall has room for ${groups} rule groups of Postern with ${lines} lines, and all rules need more: the rule is left out. Name fewer domains in a policy, ask AWS to raise the quota of rules and write it into config.quotas, or divide the namespaces among several firewalls.`;
  const sizeOf = ({ id }: Rule): number => {
    const parts = written.get(id) ?? [];
    return sumOf(parts.map((part) => part.lines.length)) / lines + parts.length / (groups * referencesPerDocument);
  };
  return rulesThatFit(rules, fits, { code: 'too-many-rules', message }, sizeOf);
}
