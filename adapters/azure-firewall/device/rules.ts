import { changedList } from '../../../kit/whole-document/ordered.ts';
import { namesIn } from '../../../kit/common/api/json.ts';
import { bitsOf } from '../../../kit/common/groups/parts.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { isFollowed, kinds, rulesName } from '../objects/names.ts';
import { groupsIn, namingGroups, type KnownRule } from '../objects/rule.ts';
import { ensureGroup } from './source-groups.ts';
import { rulesPath, templates, type Azure, type Known } from './known.ts';
import { markOf } from './observe.ts';
import { pendingRules } from './pending.ts';
import { expectIdle } from './policy.ts';

/*
 * Rules stand in one rule collection group, which is replaced as a whole, and name IP groups whose content never changes. So
 * whatever changes, rules or members of however many groups, comes into force at one instant, by one update of the firewall.
 */

/** "Rule collection group size: 2 MB". */
const largestDocument = 2_000_000;

/** @throws AdapterError when nothing of it was accepted */
export async function writeRules(azure: Azure, known: Known, changes: readonly Change[]): Promise<readonly Outcome[]> {
  if (known.areRulesForeign) throw foreign(azure);
  const keys = changes.map(({ key }) => key);
  const current = await contentsAfter(azure, known, changes);
  const network = listAfter(known.network, changes, kinds.network);
  const application = listAfter(known.application, changes, kinds.application);
  const properties = documentOf(known.priority, { network, application }, (group) => idOf(known, current, group));
  const before = new Set(known.current.values());
  const isSame =
    known.rulesState !== undefined &&
    canonical([known.network, known.application]) === canonical([network, application]) &&
    [...current.values()].every((name) => before.has(name));
  if (isSame) return keys.map((key) => ({ key, result: 'done' }));
  await expectIdle(azure, known.policy);
  const path = rulesPath(azure);
  const template = templates.rules;
  const answer =
    network.length + application.length === 0
      ? await azure.ask({ method: 'DELETE', path, template })
      : await azure.ask({ method: 'PUT', path, template, body: { properties } });
  const after = new Set(current.values());
  const replaced = [...before].filter((name) => !after.has(name));
  Object.assign(known, { network, application, current });
  return pendingRules(keys, answer, replaced);
}

function foreign({ owner }: Azure): AdapterError {
  const message = `The policy has a rule collection group ${rulesName(owner)} that is not Postern's: no rule in it has Postern's description. Rename it, or delete it.`;
  return new AdapterError('foreign-owned', message);
}

function listAfter(list: readonly KnownRule[], changes: readonly Change[], kind: string): readonly KnownRule[] {
  const own = changes.filter(({ key }) => key.kind === kind);
  return changedList(list, own, ({ name, spec }: Resource): KnownRule => ({ name, spec }));
}

/** The IP group of each group as after these changes; new ones are made. */
async function contentsAfter(
  azure: Azure,
  known: Known,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, Set<string>>();
  const contentOf = (group: string): Set<string> => {
    const content = contents.get(group) ?? new Set(known.natives.get(known.current.get(group) ?? '')?.content);
    contents.set(group, content);
    return content;
  };
  for (const change of changes) {
    if (change.key.kind !== kinds.group && change.key.kind !== kinds.followed) continue;
    const parts = partsIn(known, change.key.name);
    if (parts.length === 0) throw new AdapterError('not-found', `IP group ${change.key.name} is not there.`);
    for (const { group, bits } of parts) {
      const content = contentOf(group);
      if (change.op !== 'members') continue;
      for (const member of change.remove) content.delete(member);
      for (const member of change.add) if (bitsOf(member).startsWith(bits)) content.add(member);
    }
  }
  const current = new Map(known.current);
  for (const [group, content] of contents) {
    if (content.size > azure.capabilities.maxMembersPerGroup) throw tooLarge(group, content.size);
    const mark = markOf(azure, group);
    current.set(group, await ensureGroup(azure, known, group, { content, mark }));
  }
  return current;
}

function tooLarge(group: string, size: number): AdapterError {
  return new AdapterError(
    'conflict',
    `IP group ${group} would hold ${size} addresses, and fewer fit: Postern divides the group again.`,
  );
}

/** The group of that name, or the parts that it was divided into. */
function partsIn({ current }: Known, name: string): readonly { readonly group: string; readonly bits: string }[] {
  if (current.has(name)) return [{ group: name, bits: '' }];
  return [...current.keys()]
    .filter((group) => group.startsWith(`${name}-`) && !isFollowed(group))
    .map((group) => ({ group, bits: group.slice(name.length + 1) }));
}

function idOf({ natives }: Known, current: ReadonlyMap<string, string>, group: string): string {
  const id = natives.get(current.get(group) ?? '')?.id;
  if (id === undefined) throw new AdapterError('not-found', `IP group ${group} is not there, and a rule names it.`);
  return id;
}

/** Neighbours with the same action share a collection, as the action is a collection's. */
function documentOf(
  priority: number,
  { network, application }: Pick<Known, 'network' | 'application'>,
  idOfGroup: (group: string) => string,
): JsonObject {
  const runs = [...runsOf(network), ...runsOf(application)];
  const ruleCollections = runs.map(({ action, rules }, at) => ({
    ruleCollectionType: 'FirewallPolicyFilterRuleCollection',
    name: `${at + 1}-${action.toLowerCase()}`,
    priority: firstPriority + at,
    action: { type: action },
    // A rule that is not changed now keeps what else it names: without it, a rule that denies would deny fewer.
    rules: rules.map(({ name, spec: { action: _, astray, ...fields } }) => ({
      name,
      ...fields,
      ...namingGroups([...groupsIn(fields).map(idOfGroup), ...namesIn(astray).filter((text) => text.startsWith('/'))]),
    })),
  }));
  const document = { priority, ruleCollections };
  if (JSON.stringify(document).length > largestDocument) {
    throw new AdapterError(
      'quota',
      `The rules take more than the ${largestDocument / 1_000_000} MB of a rule collection group. Divide the namespaces among several policies.`,
    );
  }
  return document;
}

/** Of a collection within the group. */
const firstPriority = 1_000;

interface Run {
  readonly action: string;
  readonly rules: KnownRule[];
}

function runsOf(rules: readonly KnownRule[]): readonly Run[] {
  const runs: Run[] = [];
  for (const rule of rules) {
    const action = rule.spec['action'] === 'Allow' ? 'Allow' : 'Deny';
    const last = runs.at(-1);
    if (last?.action === action) last.rules.push(rule);
    else runs.push({ action, rules: [rule] });
  }
  return runs;
}
