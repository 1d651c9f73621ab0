import type { LowerContext, Lowered } from '../../src/adapter/adapter.ts';
import { deviceName, ownerMark, type Owner } from '../../src/adapter/owner.ts';
import type { AddressGroup, DesiredState, Destination, GroupDelta, Role, Rule } from '../../src/core/model/desired.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Loss } from '../../src/core/model/resource.ts';
import { ruleTitle } from '../../src/core/text/wording.ts';
import { membersChange } from '../../src/core/plan/diff.ts';
import { provenance } from '../../kit/common/ownership/marks.ts';
import { groupResource, ruleResource, type NativeGroup, type NativeRule } from './native.ts';

const maxNameLength = 63;

/** Groups become groups and rules become rules; what this device cannot do stays out and is told. */
export function lower({ groups, rules }: DesiredState, { owner }: LowerContext): Lowered {
  const losses = rules.filter(wantsInspection).map(inspectionLoss);
  const expressible = rules.filter((rule) => rule.sources.length > 0 && !wantsInspection(rule));
  const byId = new Map(groups.map((group) => [group.id, group]));
  return {
    resources: [
      ...groups.map((group) => ({ ...groupResource(nativeGroup(group, owner)), title: group.title })),
      ...expressible.map((rule, position) => ({
        ...ruleResource(nativeRule(rule, owner), position),
        title: ruleTitle(rule, byId),
      })),
    ],
    losses,
  };
}

/** The fast path: a membership delta needs nothing but the group's name. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, { owner }: LowerContext): readonly Change[] {
  const key = { kind: 'group', name: groupName(owner, role, id) };
  return membersChange({ key, effect: role, add: added, remove: removed });
}

function nativeGroup({ id, role, title, members }: AddressGroup, owner: Owner): NativeGroup {
  return {
    name: groupName(owner, role, id),
    mark: ownerMark(owner, `${role}/${id}`),
    title,
    members: [...members],
  };
}

function nativeRule(rule: Rule, owner: Owner): NativeRule {
  return {
    name: deviceName(owner, rule.origin.name, `rule ${rule.id}`, maxNameLength),
    mark: `${ownerMark(owner, rule.id)} ${provenance(rule.origin)}`,
    action: rule.action,
    enabled: true,
    log: rule.log,
    sources: rule.sources.map((id) => groupName(owner, rule.action, id)).sort(),
    to: destination(rule.destination),
    services: services(rule.ports),
  };
}

function groupName(owner: Owner, role: Role, id: string): string {
  return deviceName(owner, `${role.toLowerCase()}-${id}`, `group ${id}`, maxNameLength);
}

function destination({ any, names, networks }: Destination): string[] {
  return any ? ['any'] : [...names, ...networks].sort();
}

function services(ports: Rule['ports']): string[] {
  if (ports.length === 0) return ['any'];
  const range = (port: number, endPort = port): string => (endPort === port ? `${port}` : `${port}-${endPort}`);
  return [...new Set(ports.map(({ port, endPort, protocol }) => `${protocol}/${range(port, endPort)}`))].sort();
}

/** Permitting a flow without the inspection that was asked for would be wider than the intent. */
function wantsInspection({ action, profile }: Rule): boolean {
  return action === 'Accept' && profile !== undefined;
}

function inspectionLoss({ id, profile = '' }: Rule): Loss {
  const message = `This device cannot inspect, so the rule with profile ${profile} is left out; nothing passes uninspected.`;
  return { effect: 'rejected', id, code: 'no-inspection-profiles', message };
}
