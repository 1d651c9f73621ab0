import { lostTo, ofShared, sharedAddresses } from '../verify/values/claims.ts';
import { covers } from '../verify/layers.ts';
import { isLive } from '../verify/values/pods.ts';
import { namespaceLabelsIn } from '../verify/values/selector.ts';
import { some } from './entries.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

/** Whose an address is. */
export const addressRules: readonly LintRule[] = [
  { id: 'shared-address', severity: 'warning', check: sharedAddress },
  { id: 'egress-address', severity: 'warning', check: otherAddresses },
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
      const message = `${who} leave under ${which} by ${id}, not under ${whose}, so that rules for them match nothing here, and whoever leaves under that address is treated alike; use a point with vantage Static and these addresses, or exempt their destinations from ${id}`;
      return [{ subject: `EnforcementPoint/${point.metadata.name}`, field: 'spec.vantage.type', message }];
    }),
  );
}

const sees: ReadonlySet<string> = new Set(['Pod', 'Node']);
