import { dividedList, isDocument, rewriting, type Rewriting } from '../../../../kit/whole-document/documents.ts';
import { changedList } from '../../../../kit/whole-document/ordered.ts';
import { isObject, objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import { canonical, type JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { capacitiesFor, emptyGroup, linesIn, sumOf } from '../../lower/documents.ts';
import { groupName, kinds } from '../../objects/names.ts';
import { linesOf } from '../../objects/resources.ts';
import type { Firewall, Known, KnownGroup, KnownRule, KnownSources } from '../known.ts';
import { createInput, description, sourcesOf, updateInput } from './document.ts';
import { tokenIn } from '../read/answers.ts';

/*
 * Rules stand in rule groups, which are replaced as a whole, and the policy names the groups. However many groups a change
 * touches, it comes into force at one instant: one group is rewritten in place, and of several new ones are made, which
 * the policy then names instead of the old ones.
 */

/** @throws AdapterError when nothing of it came into force */
export async function writeRules(firewall: Firewall, known: Known, changes: readonly Change[]): Promise<void> {
  const way = rewritingFor(firewall, known, changes);
  if (way.way === 'in-place') await rewrite(firewall, known, way.document, way.rules);
  if (way.way === 'replace') await replace(firewall, known, way.wanted, way.leaving);
}

/** What has to be written so that rules are as after these changes. */
export function rewritingFor(
  firewall: Firewall,
  known: Known,
  changes: readonly Change[],
): Rewriting<KnownGroup, KnownRule> {
  const current = known.attached.flatMap(({ rules }) => rules);
  const list = changedList(current, changes, (after): KnownRule => ({ name: after.name, lines: linesOf(after) }));
  const { [kinds.group]: most = Infinity, [kinds.line]: lines = Infinity } = firewall.capabilities.maxObjects;
  const wanted = dividedList(list, known.attached, { empty: emptyGroup, most });
  const isSame = (group: KnownGroup, rules: readonly KnownRule[]): boolean =>
    group.mark === description(firewall) &&
    canonical(group.rules) === canonical(rules) &&
    canonical(sourcesIn(group)) === canonical(sourcesOf(firewall, known, rules));
  const holds = (group: KnownGroup, rules: readonly KnownRule[]): boolean => linesIn(rules).length <= group.capacity;
  const way = rewriting(known.attached, wanted, { isSame, holds });
  if (way.way !== 'replace' || fits(way.wanted, lines)) return way;
  // The head-room of those that would stay is needed for the others.
  return rewriting(known.attached, wanted, { isSame: () => false, holds: () => false });
}

/** What rule groups reserve of the policy, those that are to be made as little as they need. */
function fits(wanted: readonly Wanted[], lines: number): boolean {
  const least = wanted.map((entry) => (isGroup(entry) ? entry.capacity : linesIn(entry).length));
  return sumOf(least) <= lines;
}

type Wanted = KnownGroup | readonly KnownRule[];

function isGroup(entry: Wanted): entry is KnownGroup {
  return isDocument<KnownRule, KnownGroup>(entry);
}

/** Those that are to be made, and what with. */
export function newGroups(
  { capabilities }: Firewall,
  wanted: readonly Wanted[],
): ReadonlyMap<readonly KnownRule[], number> {
  const made = wanted.flatMap((entry) => (isGroup(entry) ? [] : [entry]));
  const kept = sumOf(wanted.flatMap((entry) => (isGroup(entry) ? [entry.capacity] : [])));
  const room = (capabilities.maxObjects[kinds.line] ?? Infinity) - kept;
  const capacities = capacitiesFor(
    made.map((rules) => linesIn(rules).length),
    room,
  );
  return new Map(made.map((rules, at) => [rules, capacities[at] ?? 0]));
}

function sourcesIn({ references, variables }: KnownGroup): KnownSources {
  return { references, variables };
}

/** Writes the group again, with these rules. */
export async function rewrite(
  firewall: Firewall,
  known: Known,
  group: KnownGroup,
  rules: readonly KnownRule[],
): Promise<void> {
  const sources = sourcesOf(firewall, known, rules);
  const answer = await firewall.ask.firewall('UpdateRuleGroup', updateInput(firewall, group, rules, sources));
  const after = { ...group, ...sources, mark: description(firewall), token: tokenIn(answer), rules };
  known.attached = known.attached.map((other) => (other === group ? after : other));
}

async function replace(
  firewall: Firewall,
  known: Known,
  wanted: readonly Wanted[],
  leaving: readonly KnownGroup[],
): Promise<void> {
  const made: KnownGroup[] = [];
  const capacities = newGroups(firewall, wanted);
  try {
    const groups: KnownGroup[] = [];
    for (const entry of wanted) {
      if (isGroup(entry)) groups.push(entry);
      else {
        const group = await createGroup(firewall, known, entry, capacities.get(entry) ?? 0);
        made.push(group);
        groups.push(group);
      }
    }
    await nameInPolicy(firewall, known, groups);
    known.attached = groups;
  } catch (error) {
    // They are in no policy. What cannot be removed now is found by the next reading.
    for (const { arn } of made) await dropGroup(firewall, arn).catch(() => undefined);
    throw error;
  }
  known.loose = [...known.loose, ...leaving];
  for (const { name } of leaving) await deleteGroup(firewall, known, name);
}

async function createGroup(
  firewall: Firewall,
  known: Known,
  rules: readonly KnownRule[],
  capacity: number,
): Promise<KnownGroup> {
  const sources = sourcesOf(firewall, known, rules);
  const name = groupName(firewall, known.groupNames);
  const answer = await firewall.ask.firewall(
    'CreateRuleGroup',
    createInput(firewall, { name, rules, sources, capacity }),
  );
  known.groupNames.add(name);
  const response = answer['RuleGroupResponse'];
  const arn = isObject(response) ? textOf(response['RuleGroupArn']) : '';
  return { name, mark: description(firewall), arn, token: tokenIn(answer), capacity, rules, ...sources };
}

/** A group that the policy does not name. */
export async function deleteGroup(firewall: Firewall, known: Known, name: string): Promise<void> {
  const group = known.loose.find((loose) => loose.name === name);
  if (group === undefined) throw new AdapterError('not-found', `Rule group ${name} is not there.`);
  await dropGroup(firewall, group.arn);
  known.loose = known.loose.filter((loose) => loose !== group);
  known.groupNames.delete(name);
}

async function dropGroup({ ask }: Firewall, arn: string): Promise<void> {
  await ask.firewall('DeleteRuleGroup', { RuleGroupArn: arn, Type: 'STATEFUL' });
}

/** Puts our groups into the policy, one behind the other; those of others stay where they are. */
async function nameInPolicy({ ask, config }: Firewall, known: Known, groups: readonly KnownGroup[]): Promise<void> {
  const ours = new Set([...known.attached, ...groups].map(({ arn }) => arn));
  const others = objectsIn(known.policy.document['StatefulRuleGroupReferences']).filter(
    (reference) => !ours.has(textOf(reference['ResourceArn'])),
  );
  const first = freeRun(new Set(others.map(({ Priority }) => Number(Priority))), config.firstPriority, groups.length);
  const references = groups.map(({ arn }, at) => ({ ResourceArn: arn, Priority: first + at }));
  const { StatefulRuleGroupReferences: _, ...rest } = known.policy.document;
  const all = [...others, ...references];
  const document: JsonObject = { ...rest, ...(all.length > 0 && { StatefulRuleGroupReferences: all }) };
  const answer = await ask.firewall('UpdateFirewallPolicy', {
    UpdateToken: known.policy.token,
    FirewallPolicyArn: known.policyArn,
    FirewallPolicy: document,
  });
  known.policy = { token: tokenIn(answer), document };
}

/** The first of so many free numbers in a row, so that no rule of others is between Postern's. */
function freeRun(taken: ReadonlySet<number>, from: number, length: number): number {
  let start = from;
  for (let number = from; number < start + length; number += 1) if (taken.has(number)) start = number + 1;
  return start;
}
