import type { Labels } from '../../../core/model/snapshot.ts';
import { HostIndex } from './host.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { ClientTls, DestinationRule, TrafficPolicy } from '../objects/traffic.ts';
import { byAge } from './age.ts';
import { fullHost, isExported, type RegistryService } from './registry.ts';
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

  const find = (namespace: string, to: RegistryService): readonly DestinationRule[] => {
    const covering = index.covering(to.host);
    const places: readonly ((rule: DestinationRule) => boolean)[] = [
      (rule) => rule.namespace === namespace && namespace !== config.rootNamespace,
      (rule) => rule.namespace === to.namespace && isExported(exportOf(rule), rule.namespace, namespace),
      (rule) => rule.namespace === config.rootNamespace && isExported(exportOf(rule), rule.namespace, namespace),
    ];
    for (const isHere of places) {
      const found = covering.map((group) => group.filter(isHere)).find((group) => group.length > 0);
      if (found) return found;
    }
    return [];
  };

  // A gateway has as many rules as there are destinations behind it: they are merged once for each namespace.
  const known = new Map<string, Candidates>();
  return (hop) => {
    const key = `${hop.from.namespace} ${hop.to.namespace} ${hop.to.host}`;
    const candidates = known.get(key) ?? candidatesOf(find(hop.from.namespace, hop.to), exportOf);
    known.set(key, candidates);
    const { selecting, general } = candidates;
    const own = selecting.filter((rule) => labelsMatch(rule.workloadSelector?.matchLabels ?? {}, hop.from.podLabels));
    return policyOf(own.length > 0 ? merge(own, exportOf) : general, hop);
  };
}

type ExportOf = (rule: DestinationRule) => readonly string[];

interface Merged {
  readonly general: DestinationRule | undefined;
  readonly bySubset: ReadonlyMap<string, DestinationRule>;
}

interface Candidates {
  readonly selecting: readonly DestinationRule[];
  readonly general: Merged;
}

function candidatesOf(found: readonly DestinationRule[], exportOf: ExportOf): Candidates {
  return {
    selecting: found.filter((rule) => rule.workloadSelector !== undefined),
    general: merge(
      found.filter((rule) => rule.workloadSelector === undefined),
      exportOf,
    ),
  };
}

function merge(rules: readonly DestinationRule[], exportOf: ExportOf): Merged {
  const key = (rule: DestinationRule): string => [...exportOf(rule)].sort().join();
  const [first] = rules;
  const firstKey = first && key(first);
  const alike = rules.filter((rule) => key(rule) === firstKey);
  const bySubset = new Map<string, DestinationRule>();
  for (const rule of alike) for (const { name } of rule.subsets) if (!bySubset.has(name)) bySubset.set(name, rule);
  return { general: alike.find(({ trafficPolicy }) => trafficPolicy !== undefined) ?? first, bySubset };
}

function policyOf({ general, bySubset }: Merged, { port, subset }: Hop): HopPolicy {
  const tlsAt = (policy: TrafficPolicy | undefined): ClientTls | undefined =>
    policy?.portLevelSettings.find((setting) => setting.port?.number === port)?.tls ?? policy?.tls;
  const object = general?.id ?? '';
  if (subset === undefined) return { object, hasSubset: true, tls: tlsAt(general?.trafficPolicy) };
  const rule = bySubset.get(subset);
  const own = rule?.subsets.find(({ name }) => name === subset);
  if (rule === undefined || own === undefined) return { object, hasSubset: false, tls: undefined };
  return { object: rule.id, hasSubset: true, tls: tlsAt(own.trafficPolicy) ?? tlsAt(general?.trafficPolicy) };
}
