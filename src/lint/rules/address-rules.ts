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
  const points = snapshot.enforcementPoints.filter(({ spec: { vantage } }) => sees.has(vantage.type));
  return points.flatMap((point) =>
    egressAddresses.flatMap(({ id, addresses, takes }) => {
      const taken = snapshot.pods.filter((pod) => {
        const labels = labelsOf(pod.namespace);
        return isLive(pod) && !pod.hostNetwork && covers(point, labels) && takes(pod, labels);
      });
      if (taken.length === 0) return [];
      const whose = point.spec.vantage.type === 'Node' ? "their nodes'" : 'their own';
      const which = addresses.length === 0 ? 'an address of its gateway' : addresses.join(', ');
      const who = some(new Set(taken.map(({ namespace, workload }) => `${namespace}/${workload}`)));
      const message = `${who} leave under ${which} by ${id}, not under ${whose}, so that rules for them match nothing here, and whoever leaves under that address is treated alike; use a point with vantage EgressIP, or exempt their destinations from ${id}`;
      return [{ subject: `EnforcementPoint/${point.metadata.name}`, field: 'spec.vantage.type', message }];
    }),
  );
}

/** At a point that knows pods by such addresses, whoever has none is never met. */
function noAddress({ snapshot, egressAddresses }: LintInput): readonly Finding[] {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  return byEgressIp(snapshot).flatMap((point): Finding[] => {
    const { pools = [] } = point.spec.vantage;
    const without = snapshot.pods.filter((pod) => {
      const labels = labelsOf(pod.namespace);
      if (!isLive(pod) || pod.hostNetwork || !covers(point, labels)) return false;
      const declared = pools.some(
        ({ namespaceSelector, podSelector }) => selects(namespaceSelector, labels) && selects(podSelector, pod.labels),
      );
      return !declared && !egressAddresses.some(({ addresses, takes }) => addresses.length > 0 && takes(pod, labels));
    });
    if (without.length === 0) return [];
    const who = some(new Set(without.map(({ namespace, workload }) => `${namespace}/${workload}`)));
    const message = `no object of the network plugin and no pool gives ${who} an address to leave under, so that rules for them match nothing here; give them one, add it to spec.vantage.pools, or leave their namespaces to another point by namespaceSelector`;
    return [{ subject: nameOfPoint(point), field: 'spec.vantage', message }];
  });
}

/** Everywhere else such pods have another address, which the point does not know. */
function forSomeDestinations({ snapshot, egressAddresses }: LintInput): readonly Finding[] {
  const partial = egressAddresses.filter(({ destinations }) => destinations.length > 0);
  return byEgressIp(snapshot).flatMap((point) =>
    partial.map(({ id, destinations }) => ({
      subject: nameOfPoint(point),
      field: 'spec.vantage',
      message: `${id} gives its addresses on the way to ${some(new Set(destinations))} alone; elsewhere its pods leave under another address, and rules for them match nothing here`,
    })),
  );
}

function byEgressIp({ enforcementPoints }: LintInput['snapshot']): LintInput['snapshot']['enforcementPoints'] {
  return enforcementPoints.filter(({ spec }) => spec.vantage.type === 'EgressIP');
}

function nameOfPoint({ metadata }: LintInput['snapshot']['enforcementPoints'][number]): string {
  return `EnforcementPoint/${metadata.name}`;
}

const sees: ReadonlySet<string> = new Set(['Pod', 'Node']);
