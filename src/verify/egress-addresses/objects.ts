import { z } from 'zod';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { clusterScoped, labels, list, maybe, namespaced, text, texts, type Identity } from '../values/fields.ts';
import { groupByKind, readKind, type ObjectsByKind } from '../values/objects.ts';
import { selects } from '../values/selector.ts';
import { looseSelector } from '../network/kubernetes/objects.ts';

type Subject = Pick<Pod, 'namespace' | 'name' | 'labels'>;

/** An object with which pods leave the cluster under an address that is neither theirs nor their node's. */
export interface EgressAddress {
  /** `EgressIP/prod` */
  readonly id: string;
  /** As written; empty where the plugin chooses. */
  readonly addresses: readonly string[];
  /** Where to it gives them, as networks; empty: everywhere. */
  readonly destinations: readonly string[];
  /** Does it take the pod? */
  readonly takes: (pod: Subject, namespaceLabels: Labels) => boolean;
}

const selector = maybe(looseSelector);

const egressIp = clusterScoped(
  'EgressIP',
  z.object({ egressIPs: texts, namespaceSelector: selector, podSelector: selector }),
);

const ciliumGateway = z.object({ egressIP: maybe(text) });
const ciliumPolicy = clusterScoped(
  'CiliumEgressGatewayPolicy',
  z.object({
    selectors: list(z.object({ namespaceSelector: selector, podSelector: selector })),
    egressGateway: maybe(ciliumGateway),
    egressGateways: list(ciliumGateway),
    destinationCIDRs: texts,
  }),
);

const antreaEgress = clusterScoped(
  'Egress',
  z.object({
    appliedTo: z
      .object({ namespaceSelector: selector, podSelector: selector })
      .nullish()
      .transform((given) => given ?? undefined),
    egressIP: maybe(text),
    egressIPs: texts,
  }),
);

/** Everything in the objects that gives pods another address. What has not its shape takes every pod: nobody can tell. */
export function egressAddressesIn(objects: readonly unknown[]): readonly EgressAddress[] {
  const byKind = groupByKind(objects);
  return [
    ...read(byKind, 'k8s.ovn.org/EgressIP', egressIp, ({ egressIPs, ...chosen }) => [egressIPs, inBoth(chosen)]),
    ...read(byKind, 'cilium.io/CiliumEgressGatewayPolicy', ciliumPolicy, (policy) => [
      [policy.egressGateway, ...policy.egressGateways].flatMap((gateway) => gateway?.egressIP ?? []),
      (pod, namespaceLabels) => policy.selectors.some((one) => inCilium(one)(pod, namespaceLabels)),
      limits(policy.destinationCIDRs),
    ]),
    ...read(byKind, 'crd.antrea.io/Egress', antreaEgress, ({ appliedTo, egressIP, egressIPs }) => [
      [...(egressIP === undefined ? [] : [egressIP]), ...egressIPs],
      appliedTo === undefined ? () => false : inBoth(appliedTo),
    ]),
    ...calicoGateways(byKind),
  ];
}

type Takes = EgressAddress['takes'];

function read<T extends Identity>(
  byKind: ObjectsByKind,
  kind: string,
  schema: z.ZodType<T>,
  meaning: (object: T) => readonly [addresses: readonly string[], takes: Takes, destinations?: readonly string[]],
): readonly EgressAddress[] {
  const { objects, unreadable } = readKind(byKind, kind, schema, 'Cluster');
  return [
    ...objects.map((object) => {
      const [addresses, takes, destinations = []] = meaning(object);
      return { id: object.id, addresses, destinations, takes };
    }),
    ...unreadable.map(({ id }) => ({ id, addresses: [], destinations: [], takes: () => true })),
  ];
}

/** Every address of a family is no limit. */
function limits(networks: readonly string[]): readonly string[] {
  return networks.some((network) => network.endsWith('/0')) ? [] : networks;
}

interface Chosen {
  readonly namespaceSelector?: z.output<typeof looseSelector> | undefined;
  readonly podSelector?: z.output<typeof looseSelector> | undefined;
}

function inBoth({ namespaceSelector, podSelector }: Chosen): Takes {
  return (pod, namespaceLabels) => selects(namespaceSelector, namespaceLabels) && selects(podSelector, pod.labels);
}

const ciliumNamespace = 'io.kubernetes.pod.namespace';

/** Cilium lets a podSelector name the namespace by a label of its own, with or without `k8s:`. */
function inCilium({ namespaceSelector, podSelector }: Chosen): Takes {
  return (pod, namespaceLabels) => {
    const own = { ...pod.labels, [ciliumNamespace]: pod.namespace };
    const all = { ...own, ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`k8s:${key}`, value])) };
    return selects(namespaceSelector, namespaceLabels) && selects(podSelector, all);
  };
}

const calicoKeys = [
  'egress.projectcalico.org/selector',
  'egress.projectcalico.org/namespaceSelector',
  'egress.projectcalico.org/egressGatewayPolicy',
];
const annotated = z.object({ metadata: z.object({ annotations: labels }) });

/** Calico's gateways are chosen by annotations of pods and namespaces. */
function calicoGateways(byKind: ObjectsByKind): readonly EgressAddress[] {
  const chooses = (objects: readonly unknown[] | undefined): unknown[] =>
    (objects ?? []).filter((object) => {
      const { data } = annotated.safeParse(object);
      return data !== undefined && calicoKeys.some((key) => data.metadata.annotations[key] !== undefined);
    });
  const namespaces = readKind(
    new Map([['/Namespace', chooses(byKind.get('/Namespace'))]]),
    '/Namespace',
    clusterScoped('Namespace', z.object({})),
  );
  const pods = readKind(new Map([['/Pod', chooses(byKind.get('/Pod'))]]), '/Pod', namespaced('Pod', z.object({})));
  return [
    ...namespaces.objects.map(({ id, name }): EgressAddress => ({
      id: `annotation egress.projectcalico.org of ${id}`,
      addresses: [],
      destinations: [],
      takes: (pod) => pod.namespace === name,
    })),
    ...pods.objects.map(({ id, namespace, name }): EgressAddress => ({
      id: `annotation egress.projectcalico.org of ${id}`,
      addresses: [],
      destinations: [],
      takes: (pod) => pod.namespace === namespace && pod.name === name,
    })),
  ];
}
