import { canonicalMember } from '../../../../kit/common/groups/members.ts';
import { asNetwork } from '../../../../src/net/cidr.ts';
import { Ownership } from '../../../../kit/common/ownership/ownership.ts';
import type { Family } from '../../../../kit/common/groups/parts.ts';
import type { Reading } from '../../../../kit/common/session.ts';
import { canonical } from '../../../../src/core/model/json.ts';
import type { Resource } from '../../../../src/core/model/resource.ts';
import { referencesIn } from '../../objects/line.ts';
import { linesIn } from '../../lower/documents.ts';
import { familyIn, fillerOf, kinds, listOfReference, markOf } from '../../objects/names.ts';
import { associationResource, ruleResource, sourceResource } from '../../objects/resources.ts';
import type { Firewall, Known, KnownGroup, KnownList } from '../known.ts';
import { readAssociations } from './associations.ts';
import { readOthers } from './others.ts';
import { attachedArns, readFirewall, readPolicy } from './firewall.ts';
import { description } from '../write/document.ts';
import { readGroups } from './groups.ts';
import { readLists, type EntriesByVersion } from './lists.ts';

export interface Kept {
  readonly versions: EntriesByVersion;
  readonly remembered: Known['remembered'];
}

/**
 * Everything of ours: the policy, the rule groups with our name and mark, the prefix lists with our name and tag.
 *
 * @param kept of one read for the next
 */
export async function observe(firewall: Firewall, { versions, remembered }: Kept): Promise<Reading<Known>> {
  const { policyArn } = await readFirewall(firewall);
  const policy = await readPolicy(firewall, policyArn);
  const ownership = new Ownership(firewall.owner, 'description');
  const groups = await readGroups(firewall, ownership);
  // What another choice of `sources` has left is used by rules until these are changed.
  const used = groups.ours.flatMap(({ references }) => Object.values(references)).join(' ');
  const { sources } = firewall.config;
  const readsLists = sources === 'prefix-list' || used.includes(':prefix-list/');
  const lists = readsLists ? await readLists(firewall, versions, ownership) : noLists;
  const follows = sources === 'container-association' || used.includes(':container-association/');
  const associations = follows ? await readAssociations(firewall, ownership) : { ours: [], foreign: [] };
  const { neighbours } = ownership;
  const byArn = new Map(groups.ours.map((group) => [group.arn, group]));
  const attached = attachedArns(policy.document).flatMap((arn) => byArn.get(arn) ?? []);
  const known: Known = {
    associations: new Map(associations.ours.map((one) => [one.name, one])),
    sets: setsIn(firewall, attached),
    remembered,
    policyArn,
    policy,
    lists: new Map(lists.ours.map((list) => [list.name, list])),
    attached,
    loose: groups.ours.filter((group) => !attached.includes(group)),
    groupNames: groups.names,
  };
  for (const [name, set] of known.sets) remembered.set(name, set);
  const others = await readOthers(firewall, known);
  return {
    known,
    observed: {
      complete: true,
      resources: resourcesOf(firewall, known, lists.doubles),
      foreign: [...groups.foreign, ...lists.foreign, ...associations.foreign],
      usage: {
        ...(sources === 'prefix-list' && { [kinds.list]: known.lists.size + lists.doubles.length }),
        ...(sources === 'container-association' && { [kinds.association]: known.associations.size }),
        [kinds.group]: groups.ours.length,
        [kinds.line]: attached.reduce((sum, { rules }) => sum + linesIn(rules).length, 0),
      },
      ...(neighbours && { neighbours }),
      ...(others.length > 0 && { others }),
    },
  };
}

const noLists = { ours: [], doubles: [], foreign: [] };

/** The variables of ours in these rule groups. */
function setsIn(firewall: Firewall, groups: readonly KnownGroup[]): Known['sets'] {
  const sets: Known['sets'] = new Map();
  for (const [reference, values] of groups.flatMap(({ variables }) => Object.entries(variables))) {
    const name = listOfReference(firewall, reference);
    const family = familyIn(firewall, name);
    if (family === undefined) continue;
    const entries = new Set(values.map((value) => asNetwork(canonicalMember(value))));
    const before = sets.get(name);
    const isSame = before === undefined || canonical([...before.entries].sort()) === canonical([...entries].sort());
    const all = new Set([...(before?.entries ?? []), ...entries]);
    sets.set(name, { name, family, entries: all, ...((before?.astray === true || !isSame) && { astray: true }) });
  }
  return sets;
}

function resourcesOf(firewall: Firewall, known: Known, doubles: readonly KnownList[]): readonly Resource[] {
  const lists = [...known.lists.values()].map(({ name, family, mark, entries }) => {
    const members = membersOf(family, entries);
    return sourceResource(kinds.list, name, { family, mark, members });
  });
  const arns = new Map([...known.lists.values(), ...known.associations.values()].map(({ name, arn }) => [name, arn]));
  const associations = [...known.associations.values()].map(({ name, mark, cluster, filters, isSimple }) =>
    associationResource(name, mark, isSimple ? cluster : 'several', filters),
  );
  const rules = known.attached.flatMap((group) => group.rules.map((rule) => ({ ...rule, group })));
  const merged = new Map<string, { readonly lines: readonly string[]; readonly astray: readonly string[] }>();
  for (const { name, lines, group } of rules) {
    const astray = referencesIn(lines, '@').filter(
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
  const sets = [...known.sets.values()].map(({ name, family, entries, astray }) =>
    sourceResource(kinds.set, name, {
      family,
      mark: markOf(firewall, name),
      members: membersOf(family, entries),
      ...(astray && { astray }),
    }),
  );
  return [
    ...lists,
    ...sets,
    ...associations,
    ...left,
    ...[...merged].map(([name, { lines, astray }], position) => ruleResource(firewall, name, lines, position, astray)),
  ];
}

function membersOf(family: Family, entries: ReadonlySet<string>): readonly string[] {
  return [...entries]
    .filter((entry) => entry !== fillerOf(family))
    .map(canonicalMember)
    .sort();
}
