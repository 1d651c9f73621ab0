import type { Findings } from '../compare/findings.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import { covers, type Layers } from '../layers.ts';
import { attachedIn, ofAttachments } from '../values/attachments.ts';
import { lostTo, ofShared, sharedAddresses } from '../values/claims.ts';
import { isLive } from '../values/pods.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import { noSuchFlow, type TableLayer } from './table-layer.ts';

/**
 * Addresses that more than one live pod claims. A firewall knows them as those of the newest; whether another one can
 * still send from there, and so gain its access, nobody knows.
 */
export function reportSharedAddresses(
  { snapshot, perimeters }: Layers,
  tables: readonly TableLayer[],
  { probes }: ProbeIndex,
  findings: Findings,
): void {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  for (const shared of sharedAddresses(snapshot.pods)) {
    for (const [at, { point }] of perimeters.entries()) {
      const table = tables[at];
      const covered = [shared.owner, ...shared.others].some(({ namespace }) => covers(point, labelsOf(namespace)));
      if (table === undefined || !seesPodNetwork(point) || !covered) continue;
      const deciders = table.deciders(shared.address);
      const possible = probes.filter(({ index }) => deciders[index] !== noSuchFlow);
      const probe = possible.find(({ index }) => table.verdictOf(deciders[index] ?? noSuchFlow) === 'Accept');
      const shown = probe ?? possible[0];
      if (shown === undefined) continue;
      for (const { namespace, name, workload } of shared.others) {
        const who = { namespace, workload, pod: `${namespace}/${name}` };
        const [rule, reason] = [`Pod/${namespace}/${name}`, `${lostTo(shared)}; ${ofShared}`];
        findings.add(who, 1, { side: 'unknown', point: point.metadata.name, rule, reason, probe: shown });
      }
    }
  }
}

/** Pods whose addresses on the network that a firewall sees are not certain: what it knows of them may be another's. */
export function reportDoubtfulAttachments(
  { snapshot, perimeters }: Layers,
  { probes }: ProbeIndex,
  findings: Findings,
): void {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const attached = attachedIn(snapshot);
  const [probe] = probes;
  for (const { point } of perimeters) {
    const { network } = point.spec.vantage;
    if (network === undefined || probe === undefined) continue;
    for (const pod of snapshot.pods) {
      const { namespace, name, workload } = pod;
      const doubt = isLive(pod) && covers(point, labelsOf(namespace)) ? attached(pod, network).doubt : undefined;
      if (doubt === undefined) continue;
      const who = { namespace, workload, pod: `${namespace}/${name}` };
      const [rule, reason] = [`Pod/${namespace}/${name}`, `${doubt}; ${ofAttachments}`];
      findings.add(who, 1, { side: 'unknown', point: point.metadata.name, rule, reason, probe });
    }
  }
}

/** Does it meet pods by the addresses of the pod network? */
export function seesPodNetwork({ spec: { vantage } }: Layers['perimeters'][number]['point']): boolean {
  return vantage.type === 'Pod' && vantage.network === undefined;
}
