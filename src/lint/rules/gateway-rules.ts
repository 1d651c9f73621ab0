import type { EnforcementPoint } from '../../api/kinds.ts';
import { isLive } from '../../core/model/pods.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { requirementsMatch, requirementsOf } from '../../core/select/requirements.ts';
import { labelsOfNamespace } from '../../core/select/subject.ts';
import { some } from '../entries.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/**
 * A firewall that sees only an egress gateway cannot distinguish the workloads behind it. That is safe if the gateway
 * checks identities, and if no workload can bypass it.
 */
export const gatewayRules: readonly LintRule[] = [
  { id: 'way-around-gateway', severity: 'warning', check: bypassedGateways },
  { id: 'gateway-asks-nobody', severity: 'warning', check: gatewaysWithoutIdentity },
  { id: 'gateway-without-pods', severity: 'warning', check: noPods },
];

type Sees = 'Labels' | 'Identity';

function bypassedGateways(input: LintInput): readonly Finding[] {
  const message =
    'can bypass the gateway: no EnforcementPoint with vantage Labels (network-policy) in mode Enforce covers them; add one, or block the bypass by other means';
  return uncovered(input, 'Labels', message);
}

function gatewaysWithoutIdentity(input: LintInput): readonly Finding[] {
  const message =
    'all of them reach through the gateway what any of them may reach: no EnforcementPoint with vantage Identity (istio) in mode Enforce covers them; add one';
  return uncovered(input, 'Identity', message);
}

/** Namespaces behind the gateway of a point that no enforcing point with this vantage covers. */
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
    const found = gatewayPods(point, snapshot);
    const told = (message: string): readonly Finding[] => [
      { subject: nameOfPoint(point), field: 'spec.vantage.gateway', message },
    ];
    const { namespace = '', addresses = 'Pod' } = point.spec.vantage.gateway ?? {};
    if (found.length === 0)
      return told(
        `selects no pod in namespace ${namespace}, so no access is granted; correct the selector, or install the gateway`,
      );
    const astray = found.filter(({ hostNetwork }) => hostNetwork).map(({ name }) => `${namespace}/${name}`);
    if (addresses === 'Node' || astray.length === 0) return [];
    return told(
      `selects pods on the host network, so no access is granted through them: ${some(astray)}; set addresses: Node, which lets every other pod on these nodes out too, or take the gateway off the host network`,
    );
  });
}

/** Live ones; those of a point with another vantage: none. */
export function gatewayPods({ spec }: EnforcementPoint, { pods }: Snapshot): readonly Pod[] {
  const { gateway } = spec.vantage;
  const wanted = requirementsOf(gateway?.podSelector);
  if (gateway === undefined || wanted === undefined) return [];
  return pods.filter(
    (pod) => pod.namespace === gateway.namespace && isLive(pod) && requirementsMatch(wanted, pod.labels),
  );
}

function behindGateways({ enforcementPoints }: Snapshot): readonly EnforcementPoint[] {
  return enforcementPoints.filter(({ spec }) => spec.vantage.type === 'EgressGateway');
}

/** Covered namespaces that have pods, without that of the gateway. */
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
