import type { Labels } from '../../../core/model/snapshot.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { ClientTls, DestinationRule, TrafficPolicy } from '../objects/traffic.ts';
import { consolidate, exportsOf, type ConsolidatedRule } from './consolidated-rules.ts';
import { fullHost, type RegistryService } from './registry.ts';
import { labelsMatch } from './scope.ts';

/** What the DestinationRules in force say about one hop. */
export interface HopPolicy {
  /** The DestinationRule that decides; empty: none. */
  readonly object: string;
  /** False: the subset that a route names is in none of them, and the hop has no cluster. */
  readonly hasSubset: boolean;
  readonly tls: ClientTls | undefined;
  /** Does the proxy go to whatever address the workload asked for, and not to the service? */
  readonly keepsAddress: boolean;
  /** Labels that endpoints must have, those of the subset. */
  readonly endpointLabels: Labels;
  /** The proxy asks whom it reaches to connect it to this `host:port`. Of requests it does not. */
  readonly tunnelTo: string | undefined;
}

export interface Hop {
  /** The pod whose proxy makes the hop. */
  readonly from: { readonly namespace: string; readonly podLabels: Labels };
  readonly to: RegistryService;
  readonly port: number;
  readonly subset: string | undefined;
}

/**
 * Looks where Istio looks: the namespace of the proxy, as far as a rule is exported there at all; then that of the service, then the
 * root, both as exported to the proxy. The first that has a rule for the host decides alone, and of those that could not be merged
 * the last one without a selector.
 */
export function readDestinationRules({ config, destinationRules }: MeshSnapshot): (hop: Hop) => HopPolicy {
  const hostOf = (rule: DestinationRule): string => fullHost(rule.host, rule.namespace, config);
  const isPrivate = (rule: DestinationRule): boolean => {
    const to = exportsOf(rule);
    if (to.size === 0) return config.defaultDestinationRuleExportTo.includes('.');
    return to.size === 1 && (to.has('.') || to.has(rule.namespace));
  };
  const isForItself = (rule: DestinationRule): boolean => {
    const to = exportsOf(rule);
    return to.size === 0 || ['*', '.', rule.namespace].some((namespace) => to.has(namespace));
  };
  const local = consolidate(destinationRules.filter(isForItself), hostOf);
  const exported = consolidate(
    destinationRules.filter((rule) => !isPrivate(rule)),
    hostOf,
  );
  const root = consolidate(
    destinationRules.filter((rule) => rule.namespace === config.rootNamespace && isPrivate(rule)),
    hostOf,
  );
  const exportedFrom = (owner: string, host: string, to: string): readonly ConsolidatedRule[] => {
    const [closest = []] = exported.get(owner)?.covering(host) ?? [];
    return closest.filter(({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(to));
  };
  const find = (namespace: string, { host, namespace: owner }: RegistryService): readonly ConsolidatedRule[] => {
    const own = (namespace === config.rootNamespace ? root : local).get(namespace)?.covering(host)[0];
    if (own !== undefined) return own;
    const beside = exportedFrom(owner, host, namespace);
    return beside.length > 0 ? beside : exportedFrom(config.rootNamespace, host, namespace);
  };
  return (hop) => {
    const found = find(hop.from.namespace, hop.to);
    const selecting = found.find(
      ({ selector, rules }) =>
        selector !== undefined &&
        rules[0]?.namespace === hop.from.namespace &&
        labelsMatch(selector, hop.from.podLabels),
    );
    return policyOf(selecting ?? found.findLast(({ selector }) => selector === undefined), hop);
  };
}

/** What is said of all ports, or of one. */
type Settings = Pick<TrafficPolicy, 'tls' | 'loadBalancer'>;
type Subset = Pick<HopPolicy, 'endpointLabels' | 'tunnelTo'>;

const nothing: Settings = { tls: undefined, loadBalancer: undefined };

/** A subset adds to what is said of the host. What is said of one port stands alone: nothing else is inherited there. */
function policyOf(rule: ConsolidatedRule | undefined, { port, subset }: Hop): HopPolicy {
  const atPort = (policy: TrafficPolicy | undefined): Settings | undefined =>
    policy?.portLevelSettings.find((setting) => setting.port?.number === port);
  const said = (object: string, { tls, loadBalancer }: Settings, own: Subset): HopPolicy => {
    return { object, hasSubset: true, tls, keepsAddress: isKeeping(loadBalancer), ...own };
  };
  const shared = rule?.general?.trafficPolicy;
  const settings = atPort(shared) ?? shared ?? nothing;
  const general = said(rule?.general?.id ?? '', settings, { endpointLabels: {}, tunnelTo: tunnelOf(shared) });
  if (subset === undefined) return general;
  const own = rule?.subsets.get(subset);
  if (own === undefined) return { ...general, hasSubset: false, tls: undefined };
  const { tls = settings.tls, loadBalancer = settings.loadBalancer } = own.trafficPolicy ?? nothing;
  const subsetOnly = { endpointLabels: own.labels, tunnelTo: tunnelOf(own.trafficPolicy) };
  return said(own.rule.id, atPort(own.trafficPolicy) ?? { tls, loadBalancer }, subsetOnly);
}

/** Nothing is inherited, and nothing is said of one port. */
export function tunnelOf(policy: TrafficPolicy | undefined): string | undefined {
  return policy?.tunnel && `${policy.tunnel.targetHost ?? ''}:${policy.tunnel.targetPort ?? ''}`;
}

function isKeeping(loadBalancer: Settings['loadBalancer']): boolean {
  return loadBalancer?.simple === 'PASSTHROUGH';
}

/** The subsets with which a DestinationRule has proxies keep addresses, undefined among them: it does so without any. */
export function keepingSubsets({ trafficPolicy, subsets }: DestinationRule): readonly (string | undefined)[] {
  const keeps = (policy: TrafficPolicy | undefined): boolean =>
    [policy, ...(policy?.portLevelSettings ?? [])].some((settings) => isKeeping(settings?.loadBalancer));
  return [
    ...(keeps(trafficPolicy) ? [undefined] : []),
    ...subsets.filter((one) => keeps(one.trafficPolicy)).map(({ name }) => name),
  ];
}
