import { canonicalMember } from '../../../../kit/common/groups/members.ts';
import { Ownership } from '../../../../kit/common/ownership/ownership.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { referencesIn } from '../../objects/line.ts';
import { fillerOf, kinds, listOfReference } from '../../objects/names.ts';
import { listResource, ruleResource } from '../../objects/resources.ts';
import { zonesIn } from '../write/flows.ts';
import type { Firewall, Known, KnownList } from '../known.ts';
import { readOthers } from './others.ts';
import { attachedArns, readFirewall, readPolicy } from './firewall.ts';
import { description } from '../write/rules.ts';
import { readGroups } from './groups.ts';
import { readLists, type EntriesByVersion } from './lists.ts';

/** Everything of ours: the policy, the rule groups with our name and mark, the prefix lists with our name and tag. */
export async function observe(firewall: Firewall, versions: EntriesByVersion): Promise<Reading<Known>> {
  const { firewallArn, policyArn, answer } = await readFirewall(firewall);
  const policy = await readPolicy(firewall, policyArn);
  const ownership = new Ownership(firewall.owner, 'description');
  const groups = await readGroups(firewall, ownership);
  const lists = await readLists(firewall, versions, ownership);
  const { neighbours } = ownership;
  const byArn = new Map(groups.ours.map((group) => [group.arn, group]));
  const attached = attachedArns(policy.document).flatMap((arn) => byArn.get(arn) ?? []);
  const known: Known = {
    firewallArn,
    policyArn,
    zones: zonesIn(answer),
    policy,
    lists: new Map(lists.ours.map((list) => [list.name, list])),
    attached,
    loose: groups.ours.filter((group) => !attached.includes(group)),
    groupNames: groups.names,
  };
  const others = await readOthers(firewall, known);
  return {
    known,
    observed: {
      complete: true,
      resources: resourcesOf(firewall, known, lists.doubles),
      foreign: [...groups.foreign, ...lists.foreign],
      usage: { [kinds.list]: known.lists.size + lists.doubles.length, [kinds.group]: groups.ours.length },
      ...(neighbours && { neighbours }),
      ...(others.length > 0 && { others }),
    },
  };
}

function resourcesOf(firewall: Firewall, known: Known, doubles: readonly KnownList[]): readonly Resource[] {
  const lists = [...known.lists.values()].map(({ name, family, mark, entries }) => {
    const members = [...entries]
      .filter((entry) => entry !== fillerOf(family))
      .map(canonicalMember)
      .sort();
    return listResource(name, family, mark, members);
  });
  const arns = new Map([...known.lists.values()].map(({ name, arn }) => [name, arn]));
  const rules = known.attached.flatMap((group) => group.rules.map((rule) => ({ ...rule, group })));
  const merged = new Map<string, { readonly lines: readonly string[]; readonly astray: readonly string[] }>();
  for (const { name, lines, group } of rules) {
    const astray = referencesIn(lines).filter(
      (reference) => group.references[reference] !== arns.get(listOfReference(firewall, reference)),
    );
    // Of an earlier version, which did not name the point.
    if (group.mark !== description(firewall)) astray.push('description');
    const before = merged.get(name);
    merged.set(name, { lines: [...(before?.lines ?? []), ...lines], astray: [...(before?.astray ?? []), ...astray] });
  }
  const left: Resource[] = [
    ...known.loose.map(({ name }): Resource => ({ kind: kinds.group, name, spec: {}, refs: [], effect: 'None' })),
    ...doubles.map(({ id }): Resource => ({ kind: kinds.list, name: id, spec: {}, refs: [], effect: 'None' })),
  ];
  return [
    ...lists,
    ...left,
    ...[...merged].map(([name, { lines, astray }], position) => ruleResource(firewall, name, lines, position, astray)),
  ];
}
