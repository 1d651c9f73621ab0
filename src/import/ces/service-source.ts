import { lost, type Remark } from '../outcome.ts';
import { canonicalAddress, formatAddress } from '../../net/address.ts';
import { some, type Differing } from './finding.ts';
import type { PodsByNamespace } from './pods.ts';
import type { CesCluster, Read } from './read.ts';

/** The pods of a Service in CES, and where CES applies the rule to others. */
export interface ServiceSource {
  /** Undefined: nobody knows. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** Why it is not known. */
  readonly remarks: readonly Remark[];
  readonly differences: readonly Differing[];
}

export function serviceSources(
  cluster: CesCluster,
  pods: PodsByNamespace,
): (namespace: string, name: string) => ServiceSource {
  const services = new Map(cluster.Service.map((service) => [keyOf(service.metadata), service]));
  const endpoints = new Map(cluster.Endpoints.map((object) => [keyOf(object.metadata), object]));
  return (namespace, name) => {
    const key = keyOf({ namespace, name });
    const selector = services.get(key)?.spec.selector;
    if (selector === undefined) return { selector, remarks: [noService(name)], differences: [] };
    if (Object.keys(selector).length === 0)
      return { selector: undefined, remarks: [noSelector(name)], differences: [] };
    const own = (pods.get(namespace) ?? []).filter(({ labels }) =>
      Object.entries(selector).every(([label, value]) => labels[label] === value),
    );
    const selected = own.flatMap(({ addresses }) => addresses.map(formatAddress));
    const differences = endpointDifferences(endpoints.get(key), selected, cluster.Pod.length > 0);
    return { selector, remarks: [], differences };
  };
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function endpointDifferences(
  endpoints: Read<'Endpoints'> | undefined,
  selected: readonly string[],
  podsGiven: boolean,
): readonly Differing[] {
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

function noService(name: string): Remark {
  const message = `Service "${name}" is not in the input or cannot be read, so its pods are unknown: add it with -f, from the output of kubectl get services`;
  return lost('spec.service', 'service-not-given', message);
}

function noSelector(name: string): Remark {
  const message = `Service "${name}" selects no pods, and its Endpoints are written by hand: write an EgressPolicy for the pods that are meant`;
  return lost('spec.service', 'service-without-selector', message);
}

const ofService = { severity: 'warning', field: 'spec.service' } as const;

const noEndpoints: Differing = {
  effect: 'changed',
  ...ofService,
  code: 'no-endpoints',
  message:
    'the Endpoints of the Service are not in the input or cannot be read; without them CES never brings the rule into force',
  here: 'it is in force for the pods of the Service',
};

const emptySource: Differing = {
  effect: 'unsafe',
  ...ofService,
  code: 'empty-source',
  message:
    'the Service has no ready endpoint; CES then writes the rule for ANY source: every pod, and everything else behind the BIG-IP',
  here: 'the rule applies to the pods of the Service, and to no source while there are none',
};

function staleAddresses(addresses: readonly string[]): Differing {
  const message = `no pod of the Service has ${some(addresses)}, which CES lets through: left behind, of the host network, or written by hand`;
  return { ...ofService, effect: 'unsafe', code: 'stale-address', message, here: 'it is the pods alone' };
}

function notInEndpoints(addresses: readonly string[]): Differing {
  const message = `pods of the Service are not among its ready endpoints, so that CES leaves them out: ${some(addresses)}`;
  const here = 'a pod belongs to it from its start to its end';
  return { ...ofService, effect: 'changed', code: 'not-in-endpoints', message, here };
}
