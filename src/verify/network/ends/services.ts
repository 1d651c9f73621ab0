import { z } from 'zod';
import type { Labels } from '../../../core/model/snapshot.ts';
import { canonicalAddress } from '../../../net/address.ts';
import { host, labels, list, maybe, namespaced, portNumber, text, texts } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import type { NetworkObjects } from '../objects.ts';

/** A Service with its endpoints. */
export interface ServiceBehind {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly selector: Labels;
  readonly clusterIP: string | undefined;
  /** Of which its own name is an alias. */
  readonly externalName: string | undefined;
  /** Under which it is reached from within the cluster: its own, and those of a load balancer that nodes do not send to. */
  readonly addresses: readonly string[];
  readonly ports: readonly {
    readonly port: number;
    readonly protocol: string;
    readonly targetPort: number | string | undefined;
  }[];
  /** Addresses that EndpointSlices or Endpoints list. */
  readonly endpoints: readonly string[];
}

const spec = z.object({
  clusterIP: maybe(text),
  externalName: maybe(host),
  clusterIPs: texts,
  externalIPs: texts,
  selector: labels,
  ports: list(z.object({ port: portNumber, protocol: maybe(text), targetPort: maybe(z.union([portNumber, text])) })),
});
const service = namespaced('Service', spec);
const metadata = z.object({ name: text, namespace: text.catch('default'), labels });
const ingress = z.object({ ip: maybe(text), ipMode: maybe(text) });
const balanced = z.object({
  metadata,
  status: maybe(z.object({ loadBalancer: maybe(z.object({ ingress: list(ingress) })) })),
});
const endpointSlice = z.object({ metadata, endpoints: list(z.object({ addresses: list(text) })) });
const endpoints = z.object({
  metadata,
  subsets: list(z.object({ addresses: list(z.object({ ip: text })) })),
});

const serviceName = 'kubernetes.io/service-name';

/** Every Service, with what EndpointSlices and Endpoints say is behind it. */
export function readServices({ byKind }: NetworkObjects): readonly ServiceBehind[] {
  const slices = readKind(byKind, 'discovery.k8s.io/EndpointSlice', endpointSlice).objects.map((slice) => ({
    service: `${slice.metadata.namespace}/${slice.metadata.labels[serviceName] ?? ''}`,
    addresses: slice.endpoints.flatMap((one) => one.addresses),
  }));
  const older = readKind(byKind, '/Endpoints', endpoints).objects.map(({ metadata: { namespace, name }, subsets }) => ({
    service: `${namespace}/${name}`,
    addresses: subsets.flatMap((subset) => subset.addresses.map(({ ip }) => ip)),
  }));
  const listed = new Map<string, Set<string>>();
  for (const { service: name, addresses } of [...slices, ...older]) {
    const known = listed.get(name) ?? new Set();
    for (const address of addresses.flatMap((text) => canonicalAddress(text) ?? [])) known.add(address);
    listed.set(name, known);
  }
  const balancers = new Map(
    readKind(byKind, '/Service', balanced).objects.map(({ metadata: { namespace, name }, status }) => [
      `${namespace}/${name}`,
      // https://kubernetes.io/docs/concepts/services-networking/service/#load-balancer-ip-mode
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => (ipMode === 'Proxy' ? [] : (ip ?? []))),
    ]),
  );
  return readKind(byKind, '/Service', service).objects.map((one) => ({
    ...one,
    addresses: [
      ...(one.clusterIP === undefined ? [] : [one.clusterIP]),
      ...one.clusterIPs,
      ...one.externalIPs,
      ...(balancers.get(`${one.namespace}/${one.name}`) ?? []),
    ].flatMap((written) => canonicalAddress(written) ?? []),
    ports: one.ports.map(({ port, protocol = 'TCP', targetPort }) => ({ port, protocol, targetPort })),
    endpoints: [...(listed.get(`${one.namespace}/${one.name}`) ?? [])],
  }));
}
