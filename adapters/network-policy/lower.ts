import type { LowerContext, Lowered } from '../../src/adapter/adapter.ts';
import { deviceName } from '../../src/adapter/owner.ts';
import type { DesiredState, GroupSubject, Rule } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Loss, Resource } from '../../src/core/model/resource.ts';
import { objectName, ruleTitle } from '../../src/core/text/wording.ts';
import { baselineSpec, grantSpec } from './spec.ts';
import type { NetworkPolicyConfig } from './config.ts';
import { policyResource } from './native.ts';
import { covers, mayShare, reachOf, without, type Reach } from './reach.ts';

/** Of a DNS subdomain 253 are allowed; 63 keep the name readable, and fit a label. */
const maxNameLength = 63;

/** A denying rule, with its sources and what it removes from the accepting rules after it. */
interface Taken {
  readonly rule: Rule;
  readonly subjects: readonly GroupSubject[];
  readonly reach: Reach;
}

/**
 * A baseline in every covered namespace, and a grant for each accepting rule in each namespace that it is about.
 * NetworkPolicies only ever add, so what a denying rule takes away is taken out of the grants that come after it.
 */
export function lower(desired: DesiredState, context: LowerContext<NetworkPolicyConfig>): Lowered {
  const { namespaces = [], rules, groups, defaultAction } = desired;
  if (defaultAction === 'Accept') return { resources: [], losses: [openByDefault(desired)] };
  const byId = new Map(groups.map((group) => [group.id, group]));
  const subjectsOf = ({ sources }: Rule): GroupSubject[] => sources.flatMap((id) => byId.get(id)?.subject ?? []);
  const losses: Loss[] = [];
  const taken: Taken[] = [];
  // The point is part of every name: two points may cover one namespace.
  const resources = namespaces.map((namespace) => baseline(desired.point, namespace, context));
  for (const rule of context.config.direct ? rules : []) {
    const subjects = subjectsOf(rule);
    const reach = reachOf(rule);
    if (rule.action === 'Deny') {
      if (reach) taken.push({ rule, subjects, reach });
      continue;
    }
    for (const loss of lossesOf(rule, reach, subjects)) losses.push(loss);
    if (reach === undefined) continue;
    const title = ruleTitle(rule, byId);
    for (const subject of subjects.filter(({ serviceAccounts }) => serviceAccounts === undefined)) {
      const { specs, narrowedBy } = grants(subject, reach, taken);
      for (const denying of narrowedBy) losses.push(narrowed(rule, denying));
      const name = deviceName(
        context.owner,
        rule.origin.name.toLowerCase(),
        `grant ${desired.point} ${rule.id}`,
        maxNameLength,
      );
      for (const [namespace, spec] of specs) {
        resources.push({ ...policyResource({ namespace, name }, 'grant', spec, rule.id), title });
      }
    }
  }
  return { resources, losses };
}

interface Grants {
  /** What is permitted to the pods of the subject, by namespace. */
  readonly specs: ReadonlyMap<string, JsonObject>;
  /** The denying rules that are about some of the pods, and took from all of them. */
  readonly narrowedBy: readonly Rule[];
}

/** What the denying rules before it leave of a rule, namespace by namespace. */
function grants(subject: GroupSubject, reach: Reach, taken: readonly Taken[]): Grants {
  const specs = new Map<string, JsonObject>();
  const narrowedBy = new Set<Rule>();
  const untouched = grantSpec(subject.podSelector, [reach]);
  for (const namespace of subject.namespaces) {
    let left: readonly Reach[] = [reach];
    for (const { rule, subjects, reach: closed } of taken) {
      const concerned = subjects.filter((other) => mayShare(other, subject, namespace));
      if (concerned.length === 0) continue;
      const rest = left.flatMap((piece) => without(piece, closed));
      const changed = rest.length !== left.length || rest.some((piece, at) => piece !== left[at]);
      if (changed && !concerned.some((other) => covers(other, subject))) narrowedBy.add(rule);
      left = rest;
    }
    if (left[0] === reach) specs.set(namespace, untouched);
    else if (left.length > 0) specs.set(namespace, grantSpec(subject.podSelector, left));
  }
  return { specs, narrowedBy: [...narrowedBy] };
}

function baseline(point: string, namespace: string, { owner, config }: LowerContext<NetworkPolicyConfig>): Resource {
  const name = deviceName(owner, 'baseline', `baseline ${point}`, maxNameLength);
  const title = `closes namespace ${namespace} but for DNS, gateways and other pods`;
  return { ...policyResource({ namespace, name }, 'baseline', baselineSpec(namespace, config)), title };
}

function lossesOf(rule: Rule, reach: Reach | undefined, subjects: readonly GroupSubject[]): Loss[] {
  const { id, destination } = rule;
  const losses: Loss[] = [];
  if (destination.names.length > 0) {
    const message =
      'NetworkPolicy knows addresses, not names: this takes the way through the egress gateway, and the mesh and the perimeter decide.';
    losses.push({ effect: 'elsewhere', id, code: 'names-need-a-gateway', message });
  }
  if (reach !== undefined && subjects.some(({ serviceAccounts }) => serviceAccounts !== undefined)) {
    const message =
      'NetworkPolicy cannot tell ServiceAccounts apart, so what this rule permits by network is not permitted here. Select the pods by label.';
    losses.push({ effect: 'rejected', id, code: 'service-account-not-selectable', message });
  }
  return losses;
}

function narrowed({ id }: Rule, { origin }: Rule): Loss {
  const message = `NetworkPolicies only add, so what ${objectName(origin)} denies to some of these pods is permitted to none of them here. Give both rules the same subject.`;
  return { effect: 'narrowed', id, code: 'deny-narrows-neighbours', message };
}

function openByDefault({ point }: DesiredState): Loss {
  const message =
    'With defaultAction Accept nothing is written here: a NetworkPolicy closes the pods it selects. Set defaultAction: Deny.';
  return { effect: 'rejected', id: point, code: 'open-by-default', message };
}
