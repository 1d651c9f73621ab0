import type { WrittenClusterPolicy, WrittenPoint, WrittenPolicy, WrittenService } from '../importer.ts';
import { apiVersion } from '../../api/meta.ts';
import { digest } from '../../core/text/digest.ts';
import type { Ports } from '../../core/destinations/ports.ts';
import { chunks } from '../../core/model/chunks.ts';
import { limits, origin } from '../write.ts';
import type { Destination } from './destination.ts';
import type { CesRule, Entry } from './rules.ts';

/** Services of one namespace stay that namespace's own; those of CES itself are for all sources. */
export function writeService(
  namespace: string,
  name: string,
  home: string,
  { names, networks, ports }: Destination,
): WrittenService {
  return {
    apiVersion,
    kind: 'ExternalService',
    metadata: {
      name: serviceName(`${namespace}/${name}`),
      annotations: origin({ subject: `ExternalService/${namespace}/${name}` }),
    },
    spec: {
      ...(names.length === 0 ? {} : { domainNames: [...names] }),
      ...(networks.length === 0 ? {} : { networks: [...networks] }),
      ...written(ports),
      ...(namespace === home
        ? { allNamespaces: true }
        : { allowedNamespaces: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }),
    },
  };
}

/** A policy of the rule's own namespace; undefined when there is more in it than one may say. */
export function writePolicy(rule: CesRule): WrittenPolicy | undefined {
  const to = destinationsOf(rule);
  if (to.length > limits.to) return undefined;
  const whole = Object.keys(rule.podSelector).length === 0;
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata: {
      name: short(`${rule.scope}-${rule.name}`),
      namespace: rule.namespace,
      annotations: origin(rule),
    },
    spec: {
      subject: whole ? { allPods: true } : { podSelector: { matchLabels: { ...rule.podSelector } } },
      action: rule.effect === 'Deny' ? 'Deny' : 'Accept',
      to,
      ...logged(rule),
    },
  };
}

/** An Admin policy for every pod: Deny before Accept, as nothing else is the same in every order of arrival. */
export function writeClusterPolicy(rule: CesRule, priority: number): WrittenClusterPolicy | undefined {
  const to = destinationsOf(rule);
  if (to.length > limits.clusterTo * limits.clusterRules) return undefined;
  const action = rule.effect === 'Deny' ? 'Deny' : 'Accept';
  return {
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: { name: short(rule.name), annotations: origin(rule) },
    spec: {
      tier: 'Admin',
      priority,
      subject: { allNamespaces: true, allPods: true },
      egress: chunks(to, limits.clusterTo).map((part) => ({ action, to: part })),
      ...logged(rule),
    },
  };
}

/** In mode Observe, with an address for documentation: it changes nothing until a person has reviewed the import. */
export function writePoint(name: string, clusterNetworks: readonly string[]): WrittenPoint {
  return {
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name },
    spec: {
      adapter: 'f5-afm',
      mode: 'Observe',
      vantage: { type: 'Pod' },
      ...(clusterNetworks.length === 0 ? {} : { clusterNetworks: [...clusterNetworks] }),
      secretRef: { name },
      config: { url: 'https://192.0.2.1' },
      defaultAction: 'Deny',
    },
  };
}

/** No namespace has a dot in its name: what is before the first one is the namespace. */
function serviceName(key: string): string {
  return short(key.replace('/', '.'));
}

function destinationsOf({ effect, entries }: CesRule): WrittenPolicy['spec']['to'] {
  const seen = new Set<string>();
  const distinct = entries.filter(({ service }) => !seen.has(service) && seen.add(service));
  return effect === 'Deny'
    ? distinct.flatMap(denied)
    : distinct.map(({ service }) => ({ externalService: serviceName(service) }));
}

/** Written out: a Deny that refers to a service with names would be refused as a whole. */
function denied({ destination: { networks, ports } }: Entry): WrittenPolicy['spec']['to'] {
  const some = ports.length === 0 ? {} : written(ports);
  return chunks(networks, limits.networks).map((part) => ({ networks: part, ...some }));
}

/** No ports are all of them, in CES. */
function written(ports: Ports): Pick<WrittenPolicy['spec']['to'][number], 'ports' | 'allPorts'> {
  return ports.length === 0 ? { allPorts: true } : { ports: ports.map((port) => ({ ...port })) };
}

function logged({ log }: CesRule): { governance?: { log: true } } {
  return log ? { governance: { log: true } } : {};
}

/** A name that is too long ends in digits of its own. */
function short(name: string): string {
  return name.length <= limits.name ? name : `${name.slice(0, limits.name - 13).replace(/[-.]+$/, '')}-${digest(name)}`;
}
