import { z } from 'zod';
import type { Labels } from '../../../core/model/snapshot.ts';
import { canonicalAddress } from '../../../net/address.ts';
import { labels, list, maybe, namespaced, portNumber, text } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import type { NetworkObjects } from '../objects.ts';

/** A Service with its endpoints. */
export interface ServiceBehind {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly selector: Labels;
  readonly clusterIP: string | undefined;
  readonly ports: readonly {
    readonly port: number;
    readonly protocol: string;
    readonly targetPort: number | string | undefined;
  }[];
  /** Addresses that EndpointSlices or Endpoints list. */
  readonly endpoints: readonly string[];
}

const service = namespaced(
  'Service',
  z.object({
    clusterIP: maybe(text),
    selector: labels,
    ports: list(z.object({ port: portNumber, protocol: maybe(text), targetPort: maybe(z.union([portNumber, text])) })),
  }),
);
const metadata = z.object({ name: text, namespace: text.catch('default'), labels });
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
  return readKind(byKind, '/Service', service).objects.map((one) => ({
    ...one,
    ports: one.ports.map(({ port, protocol = 'TCP', targetPort }) => ({ port, protocol, targetPort })),
    endpoints: [...(listed.get(`${one.namespace}/${one.name}`) ?? [])],
  }));
}
