import { z } from 'zod';
import type { Pod } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { looseSelector } from '../network/kubernetes/objects.ts';
import { list, maybe, text, texts, type Identity } from '../values/fields.ts';
import { isIn, networksOf } from '../values/networks.ts';
import { readKind, type ObjectsByKind } from '../values/objects.ts';
import { selects } from '../values/selector.ts';
import type { EgressAddress } from './egress-address.ts';

/* What the kinds that give pods other addresses have in common. */

export const selector = maybe(looseSelector);

const ciliumGateway = z.object({ egressIP: maybe(text) });
export const ciliumSpec = z.object({
  selectors: list(z.object({ namespaceSelector: selector, podSelector: selector })),
  egressGateway: maybe(ciliumGateway),
  egressGateways: list(ciliumGateway),
  destinationCIDRs: texts,
  excludedCIDRs: texts,
});

type Takes = EgressAddress['takes'];

/** Every object of a kind, by what it means; one that has not its shape takes every pod. */
export function readEgress<T extends Identity>(
  byKind: ObjectsByKind,
  kind: string,
  schema: z.ZodType<T>,
  meaning: (
    object: T,
  ) => readonly [
    addresses: readonly string[],
    takes: Takes,
    destinations?: readonly string[],
    past?: readonly string[],
  ],
): readonly EgressAddress[] {
  const { objects, unreadable } = readKind(byKind, kind, schema, 'Cluster');
  return [
    ...objects.map((object) => {
      const [addresses, takes, destinations = [], past = []] = meaning(object);
      return { id: object.id, addresses, destinations, takes, ...(past.length > 0 && { past }) };
    }),
    ...unreadable.map(({ id }) => ({
      id,
      addresses: [],
      destinations: [],
      takes: () => true,
    })),
  ];
}

/** Every address of a family is no limit. */
export function limits(networks: readonly string[]): readonly string[] {
  return networks.some((network) => network.endsWith('/0')) ? [] : networks;
}

export interface Chosen {
  readonly namespaceSelector?: z.output<typeof looseSelector> | undefined;
  readonly podSelector?: z.output<typeof looseSelector> | undefined;
}

export function inBoth({ namespaceSelector, podSelector }: Chosen): Takes {
  return (pod, namespaceLabels) => selects(namespaceSelector, namespaceLabels) && selects(podSelector, pod.labels);
}

const ciliumNamespace = 'io.kubernetes.pod.namespace';

/** Cilium lets a podSelector name the namespace by a label of its own, with or without `k8s:`. */
export function inCilium({ namespaceSelector, podSelector }: Chosen): Takes {
  return (pod, namespaceLabels) => {
    const own = { ...pod.labels, [ciliumNamespace]: pod.namespace };
    const all = { ...own, ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`k8s:${key}`, value])) };
    return selects(namespaceSelector, namespaceLabels) && selects(podSelector, all);
  };
}

/** Has the pod an address in one of the networks? */
export function isFrom(networks: readonly string[], { addresses }: Pick<Pod, 'addresses'>): boolean {
  const within = networksOf(networks);
  return addresses.flatMap((written) => parseAddress(written) ?? []).some((address) => isIn(within, address));
}
