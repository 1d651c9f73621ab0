import type { EnforcementPoint } from '../api/kinds.ts';
import { compareText } from '../core/model/problem.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { requirementsMatch, requirementsOf } from '../core/select/requirements.ts';
import { labelsOfNamespace } from '../core/select/subject.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

/**
 * A firewall that sees only an egress gateway cannot tell who is behind it. That is sound where the gateway asks who
 * comes, and where nobody can leave around it.
 */
export const gatewayRules: readonly LintRule[] = [
  { id: 'way-around-gateway', severity: 'warning', check: openWays },
  { id: 'gateway-asks-nobody', severity: 'warning', check: unasked },
  { id: 'gateway-without-pods', severity: 'warning', check: noPods },
];

type Sees = 'Labels' | 'Identity';

function openWays(input: LintInput): readonly Finding[] {
  const message =
    'can leave around the gateway: no point there with vantage Labels (network-policy) in mode Enforce; add one, or see that something else closes the way';
  return uncovered(input, 'Labels', message);
}

function unasked(input: LintInput): readonly Finding[] {
  const message =
    'all get through the gateway what one of them may: no point there with vantage Identity (istio) in mode Enforce; add one';
  return uncovered(input, 'Identity', message);
}

/** Namespaces that leave through the gateway of a point, and that no point which sees workloads this way is about. */
function uncovered({ snapshot }: LintInput, sees: Sees, message: string): readonly Finding[] {
  const { enforcementPoints } = snapshot;
  const insiders = enforcementPoints.filter(({ spec }) => spec.vantage.type === sees && spec.mode === 'Enforce');
  const inside = new Set(insiders.flatMap((point) => covered(point, snapshot)));
  return behindGateways(snapshot).flatMap((point) => {
    const open = covered(point, snapshot).filter((name) => !inside.has(name));
    if (open.length === 0) return [];
    return [{ subject: nameOfPoint(point), field: 'spec.vantage', message: `pods of ${some(open)} ${message}` }];
  });
}

function noPods({ snapshot }: LintInput): readonly Finding[] {
  return behindGateways(snapshot).flatMap((point) => {
    const { namespace, podSelector } = point.spec.vantage.gateway ?? {};
    const wanted = requirementsOf(podSelector);
    const isThere = snapshot.pods.some(
      (pod) => pod.namespace === namespace && wanted !== undefined && requirementsMatch(wanted, pod.labels),
    );
    if (isThere) return [];
    const message = `there is no such pod in namespace ${namespace ?? ''}, so that nobody is let out; correct the selector, or install the gateway`;
    return [{ subject: nameOfPoint(point), field: 'spec.vantage.gateway', message }];
  });
}

function behindGateways({ enforcementPoints }: Snapshot): readonly EnforcementPoint[] {
  return enforcementPoints.filter(({ spec }) => spec.vantage.type === 'EgressGateway');
}

/** Namespaces with pods of their own, the gateway's left out. */
function covered({ spec }: EnforcementPoint, { namespaces, pods }: Snapshot): readonly string[] {
  const requirements = requirementsOf(spec.namespaceSelector);
  if (requirements === undefined) return [];
  const inhabited = new Set(pods.map(({ namespace }) => namespace));
  return namespaces
    .filter(
      ({ name, labels }) => inhabited.has(name) && requirementsMatch(requirements, labelsOfNamespace(name, labels)),
    )
    .map(({ name }) => name)
    .filter((name) => name !== spec.vantage.gateway?.namespace);
}

function nameOfPoint({ metadata }: EnforcementPoint): string {
  return `EnforcementPoint/${metadata.name}`;
}

/** `a, b and 3 more`, sorted. */
function some(names: readonly string[]): string {
  const sorted = [...names].sort(compareText);
  return sorted.length <= 3 ? sorted.join(', ') : `${sorted.slice(0, 3).join(', ')} and ${sorted.length - 3} more`;
}
