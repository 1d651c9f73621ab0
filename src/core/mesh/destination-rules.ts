import type { Labels } from '../model/snapshot.ts';
import { HostIndex } from './host.ts';
import type { MeshSnapshot } from './objects.ts';
import type { ClientTls, DestinationRule, TrafficPolicy } from './objects/traffic.ts';
import { byAge, fullHost, isExported, type RegistryService } from './registry.ts';
import { labelsMatch } from './scope.ts';

/** What the DestinationRules in force say about one hop. */
export interface HopPolicy {
  /** The DestinationRule that decides; empty: none. */
  readonly object: string;
  /** False: the subset that a route names is in none of them, and the hop has no cluster. */
  readonly hasSubset: boolean;
  readonly tls: ClientTls | undefined;
}

export interface Hop {
  /** The pod whose proxy makes the hop. */
  readonly from: { readonly namespace: string; readonly podLabels: Labels };
  readonly to: RegistryService;
  readonly port: number;
  readonly subset: string | undefined;
}

/**
 * Looks where Istio looks: the namespace of the proxy (whatever its exportTo), then that of the service, then the root,
 * both as exported to the proxy. The first that has a rule for the host decides alone. Rules of one namespace and host are
 * merged if their exportTo is the same; of two subsets of one name the older counts.
 */
export function readDestinationRules(snapshot: MeshSnapshot): (hop: Hop) => HopPolicy {
  const { config } = snapshot;
  const rules = [...snapshot.destinationRules].sort(byAge);
  const index = new HostIndex(rules, (rule) => [fullHost(rule.host, rule.namespace, config)]);
  const exportOf = ({ exportTo }: DestinationRule): readonly string[] =>
    exportTo.length === 0 ? config.defaultDestinationRuleExportTo : exportTo;

  const inForce = ({ from, to }: Hop): readonly DestinationRule[] => {
    const covering = index.covering(to.host);
    const places: readonly ((rule: DestinationRule) => boolean)[] = [
      ({ namespace }) => namespace === from.namespace && namespace !== config.rootNamespace,
      (rule) => rule.namespace === to.namespace && isExported(exportOf(rule), rule.namespace, from.namespace),
      (rule) => rule.namespace === config.rootNamespace && isExported(exportOf(rule), rule.namespace, from.namespace),
    ];
    for (const isHere of places) {
      const found = covering.map((group) => group.filter(isHere)).find((group) => group.length > 0);
      if (found) return merged(found, from.podLabels, exportOf);
    }
    return [];
  };

  return (hop) => policyOf(inForce(hop), hop);
}

function merged(
  found: readonly DestinationRule[],
  labels: Labels,
  exportOf: (rule: DestinationRule) => readonly string[],
): readonly DestinationRule[] {
  const selecting = found.filter(
    (rule) => rule.workloadSelector && labelsMatch(rule.workloadSelector.matchLabels, labels),
  );
  const general = found.filter((rule) => rule.workloadSelector === undefined);
  const candidates = selecting.length > 0 ? selecting : general;
  const key = (rule: DestinationRule): string => [...exportOf(rule)].sort().join();
  const [first] = candidates;
  return first === undefined ? [] : candidates.filter((rule) => key(rule) === key(first));
}

function policyOf(rules: readonly DestinationRule[], { port, subset }: Hop): HopPolicy {
  const tlsAt = (policy: TrafficPolicy | undefined): ClientTls | undefined =>
    policy?.portLevelSettings.find((setting) => setting.port?.number === port)?.tls ?? policy?.tls;
  const general = rules.find(({ trafficPolicy }) => trafficPolicy !== undefined) ?? rules[0];
  if (subset === undefined) {
    return { object: general?.id ?? '', hasSubset: true, tls: tlsAt(general?.trafficPolicy) };
  }
  for (const rule of rules) {
    const found = rule.subsets.find(({ name }) => name === subset);
    if (found)
      return { object: rule.id, hasSubset: true, tls: tlsAt(found.trafficPolicy) ?? tlsAt(general?.trafficPolicy) };
  }
  return { object: rules[0]?.id ?? '', hasSubset: false, tls: undefined };
}
