import { formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts';
import { aggregate } from '../../net/network-set.ts';
import { readNetwork } from './address.ts';
import { some, type Differing } from './finding.ts';
import { addressesOutside, holdersOf, type PodsByNamespace } from './pods.ts';
import type { CesCluster } from './read.ts';

/** The annotation in which kube-ovn keeps the network of a namespace, and where CES looks for it. */
const networkAnnotation = 'ovn.kubernetes.io/cidr';

/** What is to be said about the source of the rules of a namespace, by its name. */
export function namespaceDifferences(
  cluster: CesCluster,
  pods: PodsByNamespace,
): (name: string) => readonly Differing[] {
  const read = cluster.Namespace.map(({ metadata }) => {
    const text = metadata.annotations[networkAnnotation] ?? '';
    return { name: metadata.name, text, network: parseCidr(readNetwork(text) ?? '') };
  });
  const holders = holdersOf(
    read.flatMap(({ network }) => network ?? []),
    pods,
  );
  const differences = new Map(
    read.map(({ name, text, network }) => {
      if (network === undefined) return [name, [noNetwork(name, text)]];
      return [name, differencesOn(name, network, pods, holders.get(formatCidr(network)))];
    }),
  );
  return (name) => differences.get(name) ?? [namespaceNotGiven];
}

function differencesOn(
  name: string,
  network: Cidr,
  pods: PodsByNamespace,
  holders: ReadonlySet<string> = new Set(),
): readonly Differing[] {
  const outside = addressesOutside([network], pods.get(name) ?? []);
  const sharers = [...holders].filter((other) => other !== name).sort();
  return [
    ...(outside.length === 0 ? [] : [podsOutside(formatCidr(network), outside)]),
    ...(sharers.length === 0 ? [] : [sharedNetwork(formatCidr(network), sharers)]),
  ];
}

/** As many as a point may name. */
const mostNetworks = 64;

/**
 * The networks of the pods, from the annotations: with them the default Deny applies to an address that no known pod
 * has. None if a pod is elsewhere, or the networks are not known: a Deny for all sources would not reach it.
 */
export function clusterNetworksOf({ Namespace }: CesCluster, pods: PodsByNamespace): readonly string[] {
  const texts = Namespace.flatMap(({ metadata }) => (metadata.annotations[networkAnnotation] ?? '').split(','));
  const networks = aggregate(texts.flatMap((text) => readNetwork(text.trim()) ?? []));
  if (pods.size === 0 || networks.length > mostNetworks) return [];
  const parsed = networks.flatMap((network) => parseCidr(network) ?? []);
  return addressesOutside(parsed, [...pods.values()].flat()).length === 0 ? networks : [];
}

const ofNamespace = { severity: 'warning', field: 'metadata.namespace' } as const;

const namespaceNotGiven: Differing = {
  effect: 'changed',
  severity: 'info',
  field: 'metadata.namespace',
  code: 'namespace-not-given',
  message: `whether CES could read the annotation ${networkAnnotation} is not known, for the Namespace is not in the input or cannot be read: add it`,
  here: 'it is the pods of the namespace',
};

function noNetwork(name: string, text: string): Differing {
  const what = text === '' ? 'none' : `"${text}", which it takes for a domain name`;
  const message = `CES reads one network from the annotation ${networkAnnotation} of namespace ${name} and finds ${what}, so that the rule matched nothing`;
  const here = 'it comes into force for the pods of the namespace';
  return { ...ofNamespace, effect: 'changed', code: 'no-namespace-network', message, here };
}

function podsOutside(network: string, addresses: readonly string[]): Differing {
  const message = `pods of the namespace have addresses outside ${network}, which CES left out: ${some(addresses)}`;
  return { ...ofNamespace, effect: 'changed', code: 'pod-outside-network', message, here: 'they belong to it' };
}

function sharedNetwork(network: string, namespaces: readonly string[]): Differing {
  const message = `${network} also holds pods of ${some(namespaces)}, which CES permitted as well`;
  const here = 'it is the pods of the namespace alone';
  return { ...ofNamespace, effect: 'unsafe', code: 'shared-network', message, here };
}
