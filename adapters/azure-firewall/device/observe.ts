import { objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { Ownership } from '../../../kit/common/ownership/ownership.ts';
import { groupResource, plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Reading } from '../../../kit/common/session.ts';
import { ownerMark, readMark } from '../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { groupOf, isFollowed, kinds, rulesName, scopePrefix } from '../objects/names.ts';
import {
  groupsIn,
  namingGroups,
  ruleResource,
  ruleSpec,
  rulesIn,
  withUniqueNames,
  type KnownRule,
} from '../objects/rule.ts';
import { nativesIn, readIpGroups, readSelectorGroups } from './source-groups.ts';
import { nameIn, policyPath, type Azure, type Known, type NativeGroup } from './known.ts';
import { followedResource } from '../objects/selectors.ts';
import { readOthers } from './others.ts';
import { propertiesIn, readCollectionGroups, readPolicy, stateIn } from './policy.ts';

/** Everything of ours: our rule collection group, and the IP groups with our name and tag. */
export async function observe(azure: Azure): Promise<Reading<Known>> {
  const policy = await readPolicy(azure);
  const ownership = new Ownership(azure.owner, 'tag');
  const collectionGroups = await readCollectionGroups(azure, policyPath(azure.config));
  const found = collectionGroups.find((group) => textOf(group['name']) === rulesName(azure.owner));
  const others = collectionGroups.filter((group) => group !== found);
  const priority = priorityOf(azure, found, others);
  const ipGroups = await readIpGroups(azure);
  const hasSelectorGroups = objectsIn(policy.properties['kubeSelectorGroups']).length > 0;
  const selectorGroups = hasSelectorGroups ? await readSelectorGroups(azure) : [];
  const natives = nativesIn([...ipGroups, ...selectorGroups], azure, ownership);
  const rules = rulesIn(propertiesIn(found ?? {}));
  const areRulesForeign = rules.length > 0 && !isAnyOurs(rules, ownership);
  const current = currentIn(natives, rules);
  const isAstray = astrayOf(found, priority);
  const own = (areRulesForeign ? [] : rules).map((rule) => named(rule, natives, current, isAstray));
  const known: Known = {
    policy,
    rulesState: found === undefined ? undefined : stateIn(found),
    areRulesForeign,
    priority,
    network: withUniqueNames(own.filter(({ spec }) => spec['ruleType'] !== 'ApplicationRule')),
    application: withUniqueNames(own.filter(({ spec }) => spec['ruleType'] === 'ApplicationRule')),
    natives,
    current,
  };
  const foreignRules = areRulesForeign
    ? [{ kind: 'rule-collection-group', name: rulesName(azure.owner), found: 'rules without our description' }]
    : [];
  const { neighbours } = ownership;
  return {
    known,
    observed: {
      complete: true,
      resources: resourcesOf(azure, known),
      foreign: [...ownership.foreign, ...foreignRules],
      others: await readOthers(azure, {
        properties: policy.properties,
        groups: areRulesForeign ? collectionGroups : others,
        priority: found === undefined ? priority : Number(propertiesIn(found)['priority']),
        ipGroups,
      }),
      usage: { [kinds.group]: current.size },
      ...(neighbours && { neighbours }),
    },
  };
}

function isAnyOurs(rules: readonly KnownRule[], ownership: Ownership): boolean {
  const ours = rules.filter(({ spec }) => ownership.subjectOf(textOf(spec['description'])) !== undefined);
  // A second point of this cluster finds the rules of the first: their owner is unknown to it.
  return ours.length > 0 || rules.some(({ spec }) => readMark(textOf(spec['description'])) !== undefined);
}

/** Of those in Azure with the content of a group, the one that rules name; or the only ones there are. */
function currentIn(
  natives: ReadonlyMap<string, NativeGroup>,
  rules: readonly KnownRule[],
): ReadonlyMap<string, string> {
  const inUse = new Set(rules.flatMap(({ spec }) => groupsIn(spec).map(nativeIn)));
  const current = new Map<string, string>();
  const ours = [...natives.values()].filter(({ isOurs }) => isOurs);
  for (const { name } of ours.toSorted(
    (a, b) => Number(inUse.has(b.name)) - Number(inUse.has(a.name)) || (a.name < b.name ? -1 : 1),
  )) {
    const group = groupOf(name) ?? name;
    if (!current.has(group)) current.set(group, name);
  }
  return current;
}

/** A rule with the groups that what it names is the content of; what is not so is said, so that it is put right. */
function named(
  { name, spec }: KnownRule,
  natives: ReadonlyMap<string, NativeGroup>,
  current: ReadonlyMap<string, string>,
  astrayAnyway: readonly string[],
): KnownRule {
  const groupOfId = (id: string): string | undefined => {
    const name = nativeIn(id);
    const group = groupOf(name);
    const isSame = natives.get(name)?.id.toLowerCase() === id.toLowerCase();
    return group !== undefined && isSame && current.get(group) === name ? group : undefined;
  };
  const astray = [...astrayAnyway, ...groupsIn(spec).filter((id) => groupOfId(id) === undefined)];
  const { sourceIpGroups: _, sourceKubeSelectorGroups: _followed, ...rest } = spec;
  const groups = namingGroups(groupsIn(spec).flatMap((id) => groupOfId(id) ?? []));
  return { name, spec: ruleSpec({ ...rest, ...groups, astray }) };
}

/** Ours are in lower case, and Azure does not keep to the case of ids. */
function nativeIn(id: string): string {
  return nameIn(id).toLowerCase();
}

/** What is wrong with all rules: a failed update, after which the same is put again; another priority. */
function astrayOf(found: JsonObject | undefined, wanted: number): readonly string[] {
  if (found === undefined) return [];
  const priority = textOf(propertiesIn(found)['priority']);
  return [
    ...(stateIn(found) === 'Failed' ? ['Failed'] : []),
    ...(priority === String(wanted) ? [] : [`priority ${priority}`]),
  ];
}

/** As it is, unless it is before ours or another's; then the first from ours on that no other has. */
function priorityOf({ config }: Azure, found: JsonObject | undefined, others: readonly JsonObject[]): number {
  const taken = new Set(others.map((group) => propertiesIn(group)['priority']));
  const own = found === undefined ? undefined : propertiesIn(found)['priority'];
  if (typeof own === 'number' && own >= config.priority && !taken.has(own)) return own;
  let priority = config.priority;
  while (taken.has(priority)) priority += 1;
  return priority;
}

function resourcesOf(azure: Azure, { natives, current, network, application }: Known): readonly Resource[] {
  const shown = new Set(current.values());
  const groups = [...current].flatMap(([group, name]): Resource[] => {
    const native = natives.get(name);
    if (native === undefined) return [];
    const state: JsonObject = native.state === 'Failed' ? { state: native.state } : {};
    const mark = markOf(azure, group);
    const [selectors = '{}'] = native.content;
    if (isFollowed(group))
      return [followedResource(group, { ...(JSON.parse(selectors) as JsonObject), ...state }, mark)];
    return [groupResource(kinds.group, group, { spec: state, mark, members: [...native.content].sort() })];
  });
  const left = [...natives.values()]
    .filter(({ name, isOurs }) => isOurs && !shown.has(name))
    .map(({ name }) => plainResource(isFollowed(name) ? kinds.followed : kinds.group, name, {}));
  const rules = [network, application].flatMap((list) =>
    list.map(({ name, spec }, at) => ruleResource(name, spec, at)),
  );
  return [...groups, ...left, ...rules];
}

/** What a group is there for, by its name. */
export function markOf(azure: Pick<Azure, 'owner' | 'config'>, group: string): string {
  const [, letter, id = ''] = /^([ad])-([0-9a-f]{12})/.exec(group.slice(scopePrefix(azure).length)) ?? [];
  return ownerMark(azure.owner, `${letter === 'd' ? 'Deny' : 'Accept'}/${id}`);
}
