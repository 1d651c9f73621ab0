import type { AddressGroup, DesiredState, Rule } from '../core/model/desired.ts';
import { tableLines } from '../core/text/text-table.ts';
import { firstFew, throughPorts, towards } from '../core/text/wording.ts';
import type { Paint } from '../core/text/paint.ts';

/** The firewall as a table: every rule in order, who it is for, how many addresses that is now, and where it leads. */
export function drawRules({ groups, rules }: DesiredState, paint: Paint): string[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const rows = rules.map((rule, index) => {
    const sources = rule.sources.flatMap((id) => byId.get(id) ?? []);
    const count = sources.reduce((sum, { members }) => sum + members.length, 0);
    return [
      `${index + 1}`,
      rule.action,
      sources.map(({ title }) => title).join(' + '),
      `${count}`,
      towards(rule),
      throughPorts(rule),
    ];
  });
  const heading = ['#', 'action', 'from', 'addresses', 'to', 'ports'];
  const [first = '', ...lines] = tableLines([heading, ...rows], [0, 3]);
  return [
    paint(first, 'dim'),
    ...lines.map((line, index) => paint(line, rules[index]?.action === 'Deny' ? 'remove' : 'add')),
  ];
}

/** What differs between two desired states, in words: rules that came and went, addresses that joined and left. */
export function drawDifference(before: DesiredState, after: DesiredState, paint: Paint): string[] {
  const rules = (state: DesiredState): Map<string, Rule> => new Map(state.rules.map((rule) => [rule.id, rule]));
  const groups = (state: DesiredState): Map<string, AddressGroup> =>
    new Map(state.groups.map((group) => [group.id, group]));
  const [oldRules, newRules] = [rules(before), rules(after)];
  const [oldGroups, newGroups] = [groups(before), groups(after)];
  const title = (rule: Rule): string =>
    `${rule.action} ${towards(rule)} (${[rule.origin.namespace, rule.origin.name].filter(Boolean).join('/')})`;
  return [
    ...[...oldRules].flatMap(([id, rule]) => (newRules.has(id) ? [] : [paint(`  - rule   ${title(rule)}`, 'remove')])),
    ...[...newRules].flatMap(([id, rule]) => (oldRules.has(id) ? [] : [paint(`  + rule   ${title(rule)}`, 'add')])),
    ...[...newGroups.values()].flatMap((group) => drawMembers(oldGroups.get(group.id), group, paint)),
  ];
}

function drawMembers(before: AddressGroup | undefined, after: AddressGroup, paint: Paint): string[] {
  const [had, has] = [new Set(before?.members), new Set(after.members)];
  const left = [...had].filter((member) => !has.has(member));
  const joined = [...has].filter((member) => !had.has(member));
  const label = `${after.title} [${after.role}]`;
  return [
    ...(left.length > 0 ? [paint(`  - ${firstFew(left, 3, ' ')}  leave  ${label}`, 'remove')] : []),
    ...(joined.length > 0 ? [paint(`  + ${firstFew(joined, 3, ' ')}  join   ${label}`, 'add')] : []),
  ];
}
