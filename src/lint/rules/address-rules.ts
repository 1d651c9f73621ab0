import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import type { EgressAddress } from '../../verify/egress-addresses/egress-address.ts';
import { lostTo, ofShared, sharedAddresses } from '../../verify/values/claims.ts';
import { covers } from '../../verify/layers.ts';
import { isLive } from '../../verify/values/pods.ts';
import { namespaceLabelsIn, selects } from '../../verify/values/selector.ts';
import { some } from '../entries.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/** Whose an address is. */
export const addressRules: readonly LintRule[] = [
  { id: 'shared-address', severity: 'warning', check: sharedAddress },
  { id: 'egress-address', severity: 'warning', check: otherAddresses },
  { id: 'no-egress-address', severity: 'warning', check: noAddress },
  { id: 'no-egress-gateway', severity: 'warning', check: noGateway },
  { id: 'egress-address-for-some', severity: 'info', check: forSomeDestinations },
];

/** Firewalls know the address as that of the newest: the others have lost their access, or have another's. */
function sharedAddress({ snapshot }: LintInput): readonly Finding[] {
  return sharedAddresses(snapshot.pods).flatMap((shared) =>
    shared.others.map(({ namespace, name }) => ({
      subject: `Pod/${namespace}/${name}`,
      field: 'status.podIPs',
      message: `${lostTo(shared)}; ${ofShared}`,
    })),
  );
}

/** A firewall that knows pods by their own addresses, or by their nodes', never meets those that leave under another one. */
function otherAddresses({ snapshot, egressAddresses }: LintInput): readonly Finding[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const points = snapshot.enforcementPoints.filter(
    ({ spec: { vantage } }) => sees.has(vantage.type) && !vantage.network,
  );
  return points.flatMap((point) =>
    egressAddresses.flatMap((one) => {
      const { id, destinations, takes } = one;
      const taken = snapshot.pods.filter((pod) => {
        const labels = labelsOf(pod.namespace);
        return isLive(pod) && !pod.hostNetwork && covers(point, labels) && takes(pod, labels);
      });
      if (taken.length === 0) return [];
      const whose = point.spec.vantage.type === 'Node' ? "their nodes'" : 'their own';
      const which = wayOut(one, snapshot);
      const where = destinations.length === 0 ? '' : ` on the way to ${some(new Set(destinations))}`;
      const message = `${workloads(taken)} leave ${which}${where} by ${id}, not under ${whose}, so rules for these pods match nothing at this point, and all pods that leave under that address are treated alike; use a point with vantage EgressIP, or exempt their destinations from ${id}`;
      return [{ subject: `EnforcementPoint/${point.metadata.name}`, field: 'spec.vantage.type', message }];
    }),
  );
}

/** Gateways that are pods come and go, and their addresses with them: they are named instead. */
function wayOut(one: EgressAddress, snapshot: Snapshot): string {
  const through = gatewaysOf(one, snapshot);
  if (through.length > 0) return `through ${workloads(through)}`;
  return `under ${one.addresses.length === 0 ? 'an address of its gateway' : one.addresses.join(', ')}`;
}

function gatewaysOf({ gateway }: EgressAddress, { namespaces, pods }: Snapshot): readonly Pod[] {
  if (typeof gateway !== 'function') return [];
  const labelsOf = namespaceLabelsIn(namespaces);
  return pods.filter((pod) => isLive(pod) && !pod.hostNetwork && gateway(pod, labelsOf(pod.namespace)));
}

function workloads(pods: readonly Pod[]): string {
  return some(new Set(pods.map(({ namespace, workload }) => `${namespace}/${workload}`)));
}

/** A point that knows pods by such addresses never matches a pod without one. */
function noAddress({ snapshot, egressAddresses }: LintInput): readonly Finding[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const giving = egressAddresses.filter(
    (one) => one.addresses.length > 0 || gatewaysOf(one, snapshot).some(({ addresses }) => addresses.length > 0),
  );
  return byEgressIp(snapshot).flatMap((point): Finding[] => {
    const { pools = [] } = point.spec.vantage;
    const without = snapshot.pods.filter((pod) => {
      const labels = labelsOf(pod.namespace);
      if (!isLive(pod) || pod.hostNetwork || !covers(point, labels)) return false;
      const declared = pools.some(
        ({ namespaceSelector, podSelector }) => selects(namespaceSelector, labels) && selects(podSelector, pod.labels),
      );
      return !declared && !giving.some(({ takes }) => takes(pod, labels));
    });
    if (without.length === 0) return [];
    const unknown = egressAddresses.filter(
      ({ gateway, takes }) => gateway === 'unknown' && without.some((pod) => takes(pod, labelsOf(pod.namespace))),
    );
    const calico =
      unknown.length === 0
        ? ''
        : `; which pods are gateways of ${some(new Set(unknown.map(({ id }) => id)))} is unknown`;
    const message = `no object of the network plugin and no pool gives ${workloads(without)} an egress address, so rules for them match nothing here; give them one, add it to spec.vantage.pools, or leave their namespaces to another point by namespaceSelector${calico}`;
    return [{ subject: nameOfPoint(point), field: 'spec.vantage', message }];
  });
}

/** Everywhere else such pods have another address, which the point does not know. */
function forSomeDestinations({ snapshot, egressAddresses }: LintInput): readonly Finding[] {
  const partial = egressAddresses.flatMap(({ id, destinations, past = [] }) => [
    ...(destinations.length > 0
      ? [`${id} gives its addresses on the way to ${some(new Set(destinations))} alone; elsewhere`]
      : []),
    ...(past.length > 0 ? [`${id} leads past its gateways on the way to ${some(new Set(past))}; there`] : []),
  ]);
  return byEgressIp(snapshot).flatMap((point) =>
    partial.map((where) => ({
      subject: nameOfPoint(point),
      field: 'spec.vantage',
      message: `${where} its pods leave under another address, and rules for them match nothing here`,
    })),
  );
}

/** Of Calico, which has an unreachable route then: https://docs.tigera.io/calico-enterprise/latest/networking/egress/troubleshoot */
function noGateway({ snapshot, egressAddresses }: LintInput): readonly Finding[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  return egressAddresses.flatMap((one): readonly Finding[] => {
    if (typeof one.gateway !== 'function' || gatewaysOf(one, snapshot).length > 0) return [];
    const [first, ...others] = snapshot.pods.filter((pod) => isLive(pod) && one.takes(pod, labelsOf(pod.namespace)));
    if (first === undefined) return [];
    const message = `${one.id} routes ${workloads([first, ...others])} through gateways that do not exist, so Calico lets nothing out; start the gateway, or correct the annotation, the selector or the name of the EgressGatewayPolicy`;
    return [{ subject: `Namespace/${first.namespace}`, field: 'metadata.annotations', message }];
  });
}

function byEgressIp({ enforcementPoints }: LintInput['snapshot']): LintInput['snapshot']['enforcementPoints'] {
  return enforcementPoints.filter(({ spec }) => spec.vantage.type === 'EgressIP');
}

function nameOfPoint({ metadata }: LintInput['snapshot']['enforcementPoints'][number]): string {
  return `EnforcementPoint/${metadata.name}`;
}

const sees: ReadonlySet<string> = new Set(['Pod', 'Node']);
