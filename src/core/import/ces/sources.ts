import { canonicalAddress, parseAddress } from '../../net/address.ts';
import { aggregate, containsCidr, parseCidr } from '../../net/cidr.ts';
import { readNetwork } from './address.ts';
import { about, some, type Finding, type Remark } from './finding.ts';
import type { CesCluster, Read } from './read.ts';

/** The annotation in which kube-ovn keeps the network of a namespace, and where CES looks for it. */
export const networkAnnotation = 'ovn.kubernetes.io/cidr';

export interface Source {
  /** Undefined: it cannot be said which pods are meant. */
  readonly podSelector: Readonly<Record<string, string>> | undefined;
  readonly findings: readonly Finding[];
}

/** Pods with an address of their own, by namespace. */
type PodsByNamespace = ReadonlyMap<
  string,
  readonly { readonly labels: Readonly<Record<string, string>>; readonly addresses: readonly string[] }[]
>;

/** Answers who a rule is about, and where CES saw somebody else. */
export interface Sources {
  readonly ofNamespace: (rule: Read<'NamespaceEgressRule'>) => Source;
  readonly ofService: (rule: Read<'ServiceEgressRule'>) => Source;
}

export function sourcesIn(cluster: CesCluster): Sources {
  const pods = podsByNamespace(cluster);
  const namespaces = new Map(cluster.Namespace.map((namespace) => [namespace.metadata.name, namespace]));
  const services = new Map(cluster.Service.map((service) => [keyOf(service.metadata), service]));
  const endpoints = new Map(cluster.Endpoints.map((object) => [keyOf(object.metadata), object]));
  return {
    ofNamespace: (rule) => {
      const remarks = namespaceRemarks(rule.metadata.namespace, namespaces.get(rule.metadata.namespace), pods);
      return { podSelector: {}, findings: remarks.map((remark) => about(rule, remark)) };
    },
    ofService: (rule) => {
      const key = keyOf({ namespace: rule.metadata.namespace, name: rule.spec.service });
      const selector = services.get(key)?.spec.selector;
      if (selector === undefined) return unknown(rule, noService(rule.spec.service));
      if (Object.keys(selector).length === 0) return unknown(rule, noSelector(rule.spec.service));
      const own = (pods.get(rule.metadata.namespace) ?? []).filter(({ labels }) =>
        Object.entries(selector).every(([name, value]) => labels[name] === value),
      );
      const selected = own.flatMap(({ addresses }) => addresses);
      const remarks = endpointRemarks(endpoints.get(key), selected, cluster.Pod.length > 0);
      return { podSelector: selector, findings: remarks.map((remark) => about(rule, remark)) };
    },
  };
}

/**
 * Where pods get their addresses, out of the annotations: with it the default Deny holds for an address that nobody has
 * seen yet. None where a pod is elsewhere, or nobody said where pods are: a Deny for everyone would not reach it.
 */
export function clusterNetworksOf(cluster: CesCluster): readonly string[] {
  const texts = cluster.Namespace.flatMap(({ metadata }) => (metadata.annotations[networkAnnotation] ?? '').split(','));
  const networks = aggregate(texts.flatMap((text) => readNetwork(text.trim()) ?? []));
  const parsed = networks.flatMap((network) => parseCidr(network) ?? []);
  const addresses = [...podsByNamespace(cluster).values()].flat().flatMap((pod) => pod.addresses);
  const inside = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && parsed.some((network) => containsCidr(network, address));
  };
  return addresses.length > 0 && networks.length <= 64 && addresses.every(inside) ? networks : [];
}

function unknown(rule: Read<'ServiceEgressRule'>, remark: Remark): Source {
  return { podSelector: undefined, findings: [about(rule, remark)] };
}

function podsByNamespace({ Pod }: CesCluster): PodsByNamespace {
  const found = new Map<string, { labels: Record<string, string>; addresses: string[] }[]>();
  for (const { metadata, spec, status } of Pod) {
    if (spec.hostNetwork || status.phase === 'Succeeded' || status.phase === 'Failed') continue;
    const texts = [...(status.podIP === undefined ? [] : [status.podIP]), ...status.podIPs.map(({ ip }) => ip)];
    const addresses = [...new Set(texts.flatMap((text) => canonicalAddress(text) ?? []))];
    const pods = found.get(metadata.namespace) ?? [];
    found.set(metadata.namespace, pods);
    pods.push({ labels: metadata.labels, addresses });
  }
  return found;
}

function namespaceRemarks(
  name: string,
  namespace: Read<'Namespace'> | undefined,
  pods: PodsByNamespace,
): readonly Remark[] {
  if (namespace === undefined) return [namespaceNotGiven];
  const text = namespace.metadata.annotations[networkAnnotation] ?? '';
  const network = parseCidr(readNetwork(text) ?? '');
  if (network === undefined) return [noNetwork(name, text)];
  const inside = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && containsCidr(network, address);
  };
  const outside = (pods.get(name) ?? []).flatMap(({ addresses }) => addresses).filter((address) => !inside(address));
  const sharers = [...pods].filter(
    ([other, theirs]) => other !== name && theirs.some((pod) => pod.addresses.some(inside)),
  );
  return [
    ...(outside.length === 0 ? [] : [podsOutside(text, outside)]),
    ...(sharers.length === 0 ? [] : [sharedNetwork(text, sharers.map(([other]) => other).sort())]),
  ];
}

function endpointRemarks(
  endpoints: Read<'Endpoints'> | undefined,
  selected: readonly string[],
  podsGiven: boolean,
): readonly Remark[] {
  if (endpoints === undefined) return [noEndpoints];
  const texts = endpoints.subsets.flatMap((subset) => subset.addresses.map(({ ip }) => ip));
  const ready = new Set(texts.map((text) => canonicalAddress(text) ?? text));
  const ours = new Set(selected);
  const missing = selected.filter((address) => !ready.has(address));
  const stale = [...ready].filter((address) => !ours.has(address));
  return [
    ...(ready.size === 0 ? [emptySource] : []),
    ...(stale.length === 0 || !podsGiven ? [] : [staleAddresses(stale)]),
    ...(missing.length === 0 ? [] : [notInEndpoints(missing)]),
  ];
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

const namespaceNotGiven: Remark = {
  effect: 'changed',
  severity: 'info',
  field: 'metadata.namespace',
  code: 'namespace-not-given',
  message: `whether CES could read the annotation ${networkAnnotation} is not known: add the Namespace to the input; here it is the pods of the namespace`,
};

function noNetwork(name: string, text: string): Remark {
  const what = text === '' ? 'none' : `"${text}", which it takes for a domain name`;
  const message = `CES reads one network from the annotation ${networkAnnotation} of namespace ${name} and finds ${what}, so that the rule matched nothing; here it comes into force for the pods of the namespace`;
  return { effect: 'changed', severity: 'warning', field: 'metadata.namespace', code: 'no-namespace-network', message };
}

function podsOutside(network: string, addresses: readonly string[]): Remark {
  const message = `pods of the namespace have addresses outside ${network}, which CES left out: ${some(addresses)}; here they belong to it`;
  return { effect: 'changed', severity: 'warning', field: 'metadata.namespace', code: 'pod-outside-network', message };
}

function sharedNetwork(network: string, namespaces: readonly string[]): Remark {
  const message = `${network} also holds pods of ${some(namespaces)}, whom CES let through as well; here it is the pods of the namespace alone`;
  return { effect: 'unsafe', severity: 'warning', field: 'metadata.namespace', code: 'shared-network', message };
}

function noService(name: string): Remark {
  const message = `Service "${name}" is not in the input, so that nobody knows whose pods are meant: add it, with -f on what kubectl get services prints`;
  return { effect: 'lost', severity: 'error', field: 'spec.service', code: 'service-not-given', message };
}

function noSelector(name: string): Remark {
  const message = `Service "${name}" selects no pods, and its Endpoints are written by hand: write an EgressPolicy for the pods that are meant`;
  return { effect: 'lost', severity: 'error', field: 'spec.service', code: 'service-without-selector', message };
}

const noEndpoints: Remark = {
  effect: 'changed',
  severity: 'warning',
  field: 'spec.service',
  code: 'no-endpoints',
  message:
    'the Endpoints of the Service are not in the input; without them CES never brings the rule into force, here it is in force for the pods of the Service',
};

const emptySource: Remark = {
  effect: 'unsafe',
  severity: 'warning',
  field: 'spec.service',
  code: 'empty-source',
  message:
    'the Service has no ready endpoint, and CES then writes the rule for ANY source: every pod, and everything else behind the BIG-IP; here it is the pods of the Service, and nobody while there are none',
};

function staleAddresses(addresses: readonly string[]): Remark {
  const message = `no pod of the Service has ${some(addresses)}, which CES lets through: left behind, of the host network, or written by hand; here it is the pods alone`;
  return { effect: 'unsafe', severity: 'warning', field: 'spec.service', code: 'stale-address', message };
}

function notInEndpoints(addresses: readonly string[]): Remark {
  const message = `pods of the Service are not among its ready endpoints, so that CES leaves them out: ${some(addresses)}; here a pod belongs to it from its start to its end`;
  return { effect: 'changed', severity: 'warning', field: 'spec.service', code: 'not-in-endpoints', message };
}
