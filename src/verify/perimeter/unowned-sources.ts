import type { EnforcementPoint } from '../../api/kinds.ts';
import { formatAddress, parseAddress, width } from '../../net/address.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import type { DeviceTable } from '../../core/model/table.ts';
import type { Findings } from '../compare/findings.ts';
import type { Layers, Perimeter } from '../layers.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Sources } from './sources.ts';
import { networkOf, networksOf } from '../values/networks.ts';
import { hasEnded } from '../values/pods.ts';
import { covers } from '../layers.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import { noSuchFlow, type TableLayer } from './table-layer.ts';

/*
 * Addresses that a firewall accepts although they are nobody's that it should accept: of pods long gone, of namespaces
 * that it does not cover, of whole networks. Whoever gets such an address gets the access.
 */

export function reportUnownedSources(
  { snapshot, perimeters }: Layers,
  tables: readonly TableLayer[],
  sources: Sources,
  index: ProbeIndex,
  findings: Findings,
): void {
  for (const [at, { point, table }] of perimeters.entries()) {
    const layer = tables[at];
    if (layer === undefined) continue;
    const expected = expectedSources(point, snapshot, sources);
    const told = new Set<string>();
    for (const source of acceptedSources(table)) {
      if (expected(source)) continue;
      const address = within(source).find((one) => !expected(one));
      if (address === undefined || told.has(layer.classOf(address))) continue;
      told.add(layer.classOf(address));
      reportUnowned({ point, table }, address, layer, index, findings);
    }
  }
}

/** Whose grants are nobody else's, as the firewall sees them. */
function expectedSources(
  point: EnforcementPoint,
  { pods, namespaces }: Layers['snapshot'],
  sources: Sources,
): (source: string) => boolean {
  const { vantage } = point.spec;
  const labelsOf = namespaceLabelsIn(namespaces);
  const covered = pods.filter((pod) => !hasEnded(pod) && covers(point, labelsOf(pod.namespace)));
  // Whoever makes a pod may name any others its gateways.
  const named = new Set(
    pods
      .filter((pod) => sources.namedBy(pod) !== undefined && !covers(point, labelsOf(pod.namespace)))
      .flatMap(({ addresses }) => addresses),
  );
  const given = networksOf(covered.flatMap((pod) => sources.given(pod, vantage)));
  const texts = new Set([
    ...sources.expected(vantage),
    ...covered.flatMap((pod) => sources.ofPod(pod, vantage)),
    ...(vantage.type === 'Static' ? (vantage.networks ?? []) : []),
  ]);
  return (source) => {
    if (named.has(source)) return false;
    const network = networkOf(source);
    return texts.has(source) || (network !== undefined && given.some((outer) => containsCidr(outer, network)));
  };
}

function acceptedSources({ rules }: DeviceTable): ReadonlySet<string> {
  const lists = new Set(
    rules.filter(({ action, foreign }) => action === 'Accept' && foreign !== true).map(({ sources }) => sources),
  );
  return new Set([...lists].flat());
}

/** The address itself; of a network its ends and one in the middle. */
function within(source: string): readonly string[] {
  if (parseAddress(source)) return [source];
  const cidr = parseCidr(source);
  if (cidr === undefined) return [];
  const { family, value, prefix } = cidr;
  const size = 1n << BigInt(width[family] - prefix);
  const values = [value + size / 2n, value, value + size - 1n];
  return [...new Set(values.map((one) => formatAddress({ family, value: one })))];
}

/** What rules of others let in from elsewhere is their business. */
function reportUnowned(
  { point: { metadata }, table }: Pick<Perimeter, 'point' | 'table'>,
  address: string,
  layer: TableLayer,
  { probes }: ProbeIndex,
  findings: Findings,
): void {
  const deciders = layer.deciders(address);
  for (const probe of probes) {
    const decider = deciders[probe.index] ?? noSuchFlow;
    if (layer.verdictOf(decider) === 'Deny' || table.rules[decider]?.foreign === true) continue;
    const reason = 'the address is none of a pod that this point covers';
    const who = { namespace: '', workload: `address ${address}`, pod: '' };
    findings.add(who, 1, { side: 'perimeterOnly', point: metadata.name, rule: layer.ruleOf(decider), reason, probe });
  }
}
