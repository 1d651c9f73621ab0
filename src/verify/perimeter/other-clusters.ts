import type { Pod } from '../../core/model/snapshot.ts';
import type { TableRule } from '../../core/model/table.ts';
import { formatAddress, parseAddress, width } from '../../net/address.ts';
import { asNetwork, cidrsIntersect, containsCidr, formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts';
import type { Findings } from '../compare/findings.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import { covers, type Layers } from '../layers.ts';
import { claimsOf } from '../values/claims.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import { seesPodNetwork } from './shared-addresses.ts';

/**
 * Clusters that share a firewall which sees pods, and have rules there about addresses that pods of this one have, or may get: the
 * firewall cannot tell their pods apart, so that what is granted to one the other may as well.
 */
export function reportOtherClusters(
  { snapshot, perimeters }: Layers,
  { probes }: ProbeIndex,
  findings: Findings,
): void {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const owners = new Map([...claimsOf(snapshot.pods)].flatMap(([address, [pod]]) => (pod ? [[address, pod]] : [])));
  const [probe] = probes;
  for (const { point, table } of perimeters) {
    if (!seesPodNetwork(point) || probe === undefined) continue;
    const ours = new Map([...owners].filter(([, { namespace }]) => covers(point, labelsOf(namespace))));
    const range = (point.spec.clusterNetworks ?? []).flatMap((network) => parseCidr(network) ?? []);
    const told = new Set<string>();
    for (const rule of table.rules) {
      const { cluster = '' } = rule;
      if (cluster === '' || told.has(cluster)) continue;
      const found = meeting(rule, ours, range);
      if (found === undefined) continue;
      told.add(cluster);
      const { pod } = found;
      const who = pod
        ? { namespace: pod.namespace, workload: pod.workload, pod: `${pod.namespace}/${pod.name}` }
        : { namespace: '', workload: `address ${found.source}`, pod: '' };
      const reason = `cluster ${cluster} has ${found.source} there, too, ${found.whose}; ${ofOtherClusters}`;
      findings.add(who, 1, { side: 'unknown', point: point.metadata.name, rule: rule.name, reason, probe });
    }
  }
}

/** What it means, and what to do about it. */
const ofOtherClusters =
  'the firewall cannot tell pods of the two apart, and what is granted to one the other may as well: give them networks of their own, or a vantage from which they differ';

interface Meeting {
  /** The address or network of the other cluster. */
  readonly source: string;
  readonly pod?: Pod;
  readonly whose: string;
}

/** The first source of the rule that is, or holds, an address of ours. */
function meeting({ sources }: TableRule, ours: ReadonlyMap<string, Pod>, range: readonly Cidr[]): Meeting | undefined {
  for (const text of sources) {
    const cidr = parseCidr(asNetwork(text));
    // A rule about everybody says nothing of whose pods have which address.
    if (cidr === undefined || cidr.prefix === 0) continue;
    const isOne = cidr.prefix === width[cidr.family];
    const source = isOne ? formatAddress(cidr) : formatCidr(cidr);
    const inside = isOne ? source : [...ours.keys()].find((address) => isIn(cidr, address));
    const pod = ours.get(inside ?? '');
    if (inside !== undefined && pod !== undefined)
      return { source, pod, whose: `and here ${inside} is pod ${pod.namespace}/${pod.name}` };
    const network = range.find((own) => cidrsIntersect(own, cidr));
    if (network !== undefined)
      return { source, whose: `and pods of this one get theirs out of ${formatCidr(network)} (clusterNetworks)` };
  }
  return undefined;
}

function isIn(network: Cidr, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && containsCidr(network, address);
}
