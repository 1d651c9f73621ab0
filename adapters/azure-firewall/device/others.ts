import { unlessRefused } from '../../../kit/common/api/answers.ts';
import { eachOf } from '../../../kit/common/api/each-of.ts';
import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { kinds } from '../objects/names.ts';
import { ruleSpec, rulesIn } from '../objects/rule.ts';
import { nameIn, templates, type Azure } from './known.ts';
import { idsIn, propertiesIn, readCollectionGroups } from './policy.ts';

/*
 * Rules of others that firewalls ask before ours or behind them. Those of policies above come first, whatever their priorities,
 * then those of the policy itself, then those of policies below ("Rule processing using Firewall Policy").
 */

export interface Seen {
  /** Properties of the policy. */
  readonly properties: JsonObject;
  /** Rule collection groups of others in it. */
  readonly groups: readonly JsonObject[];
  /** Where ours stands among them, or would. */
  readonly priority: number;
  /** IP groups that were read already, as Azure shows them. */
  readonly ipGroups: readonly JsonObject[];
}

/** Rule collection groups that are asked one after the other. */
interface Section {
  readonly groups: readonly JsonObject[];
  readonly isBehind: boolean;
  /** Why it may be asked, or may not. */
  readonly doubt?: string;
  /** The policy that cannot be read. */
  readonly unread?: string;
}

/** Behind all of ours. */
const behindOurs = Number.MAX_SAFE_INTEGER;
/** Policies above a policy; Azure has one. */
const mostAbove = 5;

/** In the order in which they are asked, network rules and application rules each for themselves. */
export async function readOthers(azure: Azure, seen: Seen): Promise<readonly Resource[]> {
  const { properties, groups, priority } = seen;
  const isBehind = (group: JsonObject): boolean => priorityIn(group) > priority;
  const sections: readonly Section[] = [
    ...(await above(azure, properties)),
    { groups: groups.filter((group) => !isBehind(group)), isBehind: false },
    { groups: groups.filter(isBehind), isBehind: true },
    ...(await below(azure, properties)),
  ];
  const rules = sections.flatMap(rulesOf);
  const addresses = await addressesIn(azure, seen.ipGroups, rules);
  return rules.map((rule) => ({ ...rule, spec: withAddresses(rule.spec, addresses) }));
}

/** The topmost first. */
async function above(azure: Azure, { basePolicy = null }: JsonObject, deep = 1): Promise<readonly Section[]> {
  const [id] = idsIn([basePolicy]);
  if (id === undefined) return [];
  const unread = { groups: [], isBehind: false, unread: id };
  if (deep > mostAbove) return [unread];
  const asked = azure.ask({ method: 'GET', path: id, template: templates.policy });
  const found = await unlessRefused(asked, 'forbidden', 'not-found');
  if (found === undefined) return [unread];
  const higher = await above(azure, propertiesIn(found.body), deep + 1);
  return [...higher, { ...(await sectionOf(azure, id)), isBehind: false }];
}

/** Only firewalls that use a policy below ask its rules. */
async function below(azure: Azure, properties: JsonObject): Promise<readonly Section[]> {
  const ids = idsIn(properties['childPolicies']);
  const isAlone = ids.length === 1 && idsIn(properties['firewalls']).length === 0;
  return eachOf(ids, async (id) => ({
    ...(await sectionOf(azure, id)),
    isBehind: true,
    ...(!isAlone && { doubt: `only firewalls of policy ${nameIn(id)}` }),
  }));
}

async function sectionOf(azure: Azure, policy: string): Promise<Omit<Section, 'isBehind'>> {
  const groups = await unlessRefused(readCollectionGroups(azure, policy), 'forbidden', 'not-found');
  return groups === undefined ? { groups: [], unread: policy } : { groups };
}

function rulesOf({ groups, isBehind, doubt, unread }: Section): readonly Resource[] {
  const position = isBehind ? behindOurs : 0;
  if (unread !== undefined) {
    const why = `firewallPolicies/read and ruleCollectionGroups/read are not granted for policy ${nameIn(unread)}`;
    return [{ ...plainResource(kinds.network, `policy ${nameIn(unread)}`, { unread: why }), position }];
  }
  const inOrder = [...groups].sort((a, b) => priorityIn(a) - priorityIn(b));
  return inOrder.flatMap((group) =>
    rulesIn(propertiesIn(group)).map(({ name, spec }) => ({
      ...plainResource(kindOf(spec), `${textOf(group['name'])}/${name}`, {
        ...spec,
        ...(doubt !== undefined && { doubt }),
      }),
      position,
    })),
  );
}

function kindOf({ ruleType }: JsonObject): string {
  if (ruleType === 'ApplicationRule') return kinds.application;
  return ruleType === 'NetworkRule' ? kinds.network : kinds.nat;
}

function priorityIn(group: JsonObject): number {
  return Number(propertiesIn(group)['priority'] ?? 0);
}

type Addresses = ReadonlyMap<string, readonly string[]>;
const sides = [
  ['sourceAddresses', 'sourceIpGroups'],
  ['destinationAddresses', 'destinationIpGroups'],
] as const;

/** What IP groups hold that rules name, by id in lower case. Those that may not be read are not among them. */
async function addressesIn(azure: Azure, rows: readonly JsonObject[], rules: readonly Resource[]): Promise<Addresses> {
  const entry = (body: JsonObject) =>
    [textOf(body['id']).toLowerCase(), namesIn(propertiesIn(body)['ipAddresses'])] as const;
  const known = new Map(rows.map(entry));
  const named = rules.flatMap(({ spec }) => sides.flatMap(([, groups]) => namesIn(spec[groups])));
  const wanted = new Map(named.map((id) => [id.toLowerCase(), id]));
  const unknown = idsIn([...wanted].flatMap(([key, id]) => (known.has(key) ? [] : [{ id }])));
  const read = await eachOf(unknown, async (path) => {
    const asked = azure.ask({ method: 'GET', path, template: templates.ipGroup });
    return unlessRefused(asked, 'forbidden', 'not-found');
  });
  return new Map([...known, ...read.flatMap((answer) => (answer === undefined ? [] : [entry(answer.body)]))]);
}

/** With the addresses of IP groups in their place; what they hold is not known of those that are left. */
function withAddresses(spec: JsonObject, addresses: Addresses): JsonObject {
  const said = sides.map(([own, groups]): JsonObject => {
    const ids = namesIn(spec[groups]);
    const unknown = ids.filter((id) => !addresses.has(id.toLowerCase()));
    const all = [...namesIn(spec[own]), ...ids.flatMap((id) => addresses.get(id.toLowerCase()) ?? [])];
    // "If an IP group is emptied, the rule is skipped."
    const isSkipped = ids.length > 0 && unknown.length + all.length === 0;
    return { [own]: all, [groups]: unknown, ...(isSkipped && { skipped: true }) };
  });
  return ruleSpec(Object.assign({}, spec, ...said) as JsonObject);
}
