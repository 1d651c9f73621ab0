import type { LowerContext, Lowered } from '../../src/adapter/adapter.ts';
import { deviceName } from '../../src/adapter/owner.ts';
import type { DesiredState, GroupSubject, Rule } from '../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../src/core/model/resource.ts';
import { ruleTitle } from '../../src/core/model/wording.ts';
import { baselineSpec, grantSpec } from './spec.ts';
import type { NetworkPolicyConfig } from './config.ts';
import { policyResource } from './native.ts';
import { covers, mayShare, reachOf, without, type Reach } from './reach.ts';

/** Of a DNS subdomain 253 are allowed; 63 keep the name readable, and fit a label. */
const maxNameLength = 63;

/** A rule that denies, with whom it is about and what it takes away from the accepting rules after it. */
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
  const resources = namespaces.map((namespace) => baseline(namespace, context));
  for (const rule of context.config.direct ? rules : []) {
    const subjects = subjectsOf(rule);
    const reach = reachOf(rule);
    if (rule.action === 'Deny') {
      if (reach) taken.push({ rule, subjects, reach });
      continue;
    }
    losses.push(...lossesOf(rule, reach, subjects));
    if (reach === undefined) continue;
    const title = ruleTitle(rule, byId);
    for (const subject of subjects.filter(({ serviceAccounts }) => serviceAccounts === undefined)) {
      const left = remaining(rule, reach, subject, taken, losses);
      resources.push(...grants(rule, subject, left, context).map((grant) => ({ ...grant, title })));
    }
  }
  return { resources, losses };
}

/** What the denying rules before it leave of a rule. */
function remaining(
  rule: Rule,
  reach: Reach,
  subject: GroupSubject,
  taken: readonly Taken[],
  losses: Loss[],
): readonly Reach[] {
  let left: readonly Reach[] = [reach];
  for (const { rule: denying, subjects, reach: closed } of taken) {
    const concerned = subjects.filter((other) => mayShare(other, subject));
    if (concerned.length === 0) continue;
    const before = left;
    left = left.flatMap((piece) => without(piece, closed));
    const partly = !concerned.some((other) => covers(other, subject));
    if (partly && left.some((piece, at) => piece !== before[at])) losses.push(narrowed(rule, denying));
  }
  return left;
}

function grants(
  rule: Rule,
  subject: GroupSubject,
  left: readonly Reach[],
  { owner }: LowerContext<NetworkPolicyConfig>,
): Resource[] {
  if (left.length === 0) return [];
  const spec = grantSpec(subject.podSelector, left);
  return subject.namespaces.map((namespace) => {
    const name = deviceName(owner, rule.origin.name.toLowerCase(), `grant ${rule.id}`, maxNameLength);
    return policyResource({ namespace, name }, 'grant', spec, rule.id);
  });
}

function baseline(namespace: string, { owner, config }: LowerContext<NetworkPolicyConfig>): Resource {
  const name = deviceName(owner, 'baseline', 'baseline', maxNameLength);
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
  const by = [origin.kind, origin.namespace, origin.name].filter((part) => part !== '').join('/');
  const message = `NetworkPolicies only add, so what ${by} denies to some of these pods is permitted to none of them here. Give both rules the same subject.`;
  return { effect: 'narrowed', id, code: 'deny-narrows-neighbours', message };
}

function openByDefault({ point }: DesiredState): Loss {
  const message =
    'With defaultAction Accept nothing is written here: a NetworkPolicy closes the pods it selects. Set defaultAction: Deny.';
  return { effect: 'rejected', id: point, code: 'open-by-default', message };
}
