import { destinationCovers } from '../../destinations/destination.ts';
import { portsCover } from '../../destinations/ports.ts';
import type { AddressGroup, DesiredState, Rule } from '../../model/desired.ts';
import type { Change } from '../../model/plan.ts';
import { counted, firstFew, objectName, throughPorts, towards } from '../../text/wording.ts';
import { NameSet } from '../../../net/name.ts';
import { NetworkSet } from '../../../net/network-set.ts';

/** A part of a rule or group that waits for a change window. */
export interface WaitingPart {
  /** Of the rule or group concerned. */
  readonly id: string;
  /** For people: the policy, and the destinations or pods. */
  readonly what: string;
  /** Whether the rest of the rule is, or may be, in force. */
  readonly partly: boolean;
}

/** All that waits, and when a window opens, as text. */
export interface WaitingUntil {
  readonly until: string;
  readonly all: readonly WaitingPart[];
}

/** The parts of a desired state that are not in force yet, and the Deny rules that it no longer has but that are still in force. */
export function waitingParts(wanted: DesiredState, inForce: DesiredState): readonly WaitingPart[] {
  const rules = new Map(inForce.rules.map((rule) => [rule.id, rule]));
  const names = new Set(wanted.rules.map(({ id }) => id));
  const groups = new Map([...inForce.groups, ...wanted.groups].map((group) => [group.id, group]));
  const ends = inForce.rules.filter(({ id, action }) => action === 'Deny' && !names.has(id));
  return [
    ...wanted.rules.flatMap((rule): WaitingPart[] => {
      const what = lacks(rule, rules.get(rule.id), groups);
      return what === '' ? [] : [{ id: rule.id, what: `${asker(rule)}: ${what}`, partly: rules.has(rule.id) }];
    }),
    ...ends.map((rule) => ({ id: rule.id, what: `${asker(rule)}: the end of Deny ${where(rule)}`, partly: true })),
  ];
}

/** The parts that a guard holds back when only the changes are known: rules, and new members of their groups. */
export function partsHeldByGuard(
  changes: readonly Change[],
  allowed: readonly Change[],
  desired: DesiredState,
): readonly WaitingPart[] {
  const goes = new Set(allowed);
  const rules = new Map(desired.rules.map((rule) => [rule.id, rule]));
  const groups = new Map(desired.groups.map((group) => [group.id, group]));
  return changes.flatMap((change): WaitingPart[] => {
    const id = (change.after ?? change.before)?.desiredId;
    if (id === undefined || goes.has(change)) return [];
    const [rule, group] = [rules.get(id), groups.get(id)];
    if (rule !== undefined) return [{ id, what: `${asker(rule)}: ${where(rule)}`, partly: change.op !== 'create' }];
    if (group === undefined || change.op !== 'members' || change.add.length === 0) return [];
    return [{ id, what: newcomers(group, change.add), partly: true }];
  });
}

/** @param closedUntil when a window opens, in words */
export function waitingText(waits: readonly WaitingPart[], closedUntil: string): string {
  const whats = [...new Set(waits.map(({ what }) => what))];
  const verb = whats.length === 1 ? 'waits' : 'wait';
  return `${counted(whats.length, 'change')} ${verb} for a change window (${closedUntil}): ${firstFew(whats, 3, '; ')}.`;
}

function asker({ origin }: Rule): string {
  return `${objectName(origin)} ${origin.field}`;
}

function where(rule: Rule): string {
  return `${towards(rule)} ${throughPorts(rule)}`;
}

function lacks(rule: Rule, there: Rule | undefined, groups: ReadonlyMap<string, AddressGroup>): string {
  if (there === undefined) return where(rule);
  if (rule.action === 'Deny') return '';
  const { destination, ports } = there;
  if (!portsCover(ports, rule.ports)) return where(rule);
  if (!destinationCovers(destination, rule.destination)) return where({ ...rule, destination: rest(rule, there) });
  const own = new Set(there.sources.flatMap((id) => groups.get(id)?.members ?? []));
  const missing = rule.sources.filter((id) => !there.sources.includes(id)).flatMap((id) => groups.get(id) ?? []);
  const [first] = missing;
  if (first !== undefined) {
    const members = missing.flatMap((group) => group.members).filter((member) => !own.has(member));
    return `${where(rule)} for ${newcomers(first, members)}`;
  }
  return there.expiresAt === rule.expiresAt ? '' : `${where(rule)} after ${there.expiresAt ?? ''}`;
}

/** Where it is to lead and does not yet. */
function rest({ destination }: Rule, { destination: there }: Rule): Rule['destination'] {
  if (destination.any || there.any) return destination;
  const known = new NameSet(there.names);
  const networks = NetworkSet.of(destination.networks).without(NetworkSet.of(there.networks)).networks();
  return { any: false, names: destination.names.filter((name) => !known.covers([name])), networks };
}

function newcomers({ title }: AddressGroup, members: readonly string[]): string {
  return members.length === 0 ? title : `${title} (${firstFew(members, 3)})`;
}
