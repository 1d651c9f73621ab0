import type { EnforcementPoint } from '../../api/kinds.ts';
import type { MeshSnapshot } from '../mesh/objects/snapshot.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { canonicalAddress, familyOf, formatAddress } from '../../net/address.ts';
import { parseCidr } from '../../net/cidr.ts';
import { egressOfPods, type Asked, type Through } from '../egress-addresses/of-pods.ts';
import { attachedIn } from '../values/attachments.ts';
import { claimsOf } from '../values/claims.ts';
import { hasEnded, isLive } from '../values/pods.ts';
import { remembered } from '../values/remembered.ts';
import { selects } from '../values/selector.ts';

type Vantage = EnforcementPoint['spec']['vantage'];

/** Under which addresses flows meet a firewall. */
export interface Sources {
  /** Of a pod that opens its connections itself: on the network of its node, of the node. */
  readonly ofPod: (pod: Pod, vantage: Vantage) => readonly string[];
  /** Undefined: the pod has the same addresses wherever to. */
  readonly toward: (pod: Pod, vantage: Vantage) => Toward | undefined;
  /** Of a gateway, `Service/istio-egress/egressgateway`. */
  readonly ofGateway: (gateway: string, vantage: Vantage) => readonly string[];
  /** Is it on the networks of its nodes, under whose addresses the point does not expect it? */
  readonly isAstray: (gateway: string, vantage: Vantage) => boolean;
  /** Of the gateway that a vantage names, also while pods of it drain. */
  readonly expected: (vantage: Vantage) => readonly string[];
  readonly isGateway: (pod: Pod) => boolean;
  /** Does the network plugin lead others out through the pod? */
  readonly leads: (pod: Pod) => boolean;
  /** What makes it a gateway of the network plugin by the word of other pods alone. */
  readonly namedBy: (pod: Pod) => string | undefined;
  /** With EgressIP: the addresses and networks that a pod was given there. */
  readonly given: (pod: Pod, vantage: Vantage) => readonly string[];
}

/** Addresses that differ by where to. */
export interface Toward {
  /** Equal for pods of a namespace that leave alike, but for what they have where they leave by themselves. */
  readonly key: string;
  readonly past: readonly string[];
  /** Those under which the pod gets there; empty: it does not, or nobody can tell. */
  readonly of: (asked: Asked) => readonly string[];
  /** Can nobody tell under which? */
  readonly isUnknown: (asked: Asked) => boolean;
}

/** As part of a sentence. */
export const onNetworkOfNode = 'the pod is on the host network, and the address of its node is in no group';

/** @param mesh undefined: that covered pods leave through the gateway of a vantage is then taken for granted */
export function sourcesIn(snapshot: Snapshot, mesh: MeshSnapshot | undefined, vantages: readonly Vantage[]): Sources {
  const { pods, nodes } = snapshot;
  const addressesOfNode = new Map(nodes.map(({ name, addresses }) => [name, addresses]));
  const own = ownAddresses(snapshot);
  const egress = egressOfPods(snapshot, (pod) => (pod.hostNetwork ? [] : own(pod)));
  const attached = attachedIn(snapshot);
  const { podsBehind, podsOf, podsWithDraining, isGateway } = gatewayPods(pods, mesh, vantages);
  const ofNode = ({ node, hostNetwork, addresses }: Pod): readonly string[] =>
    addressesOfNode.get(node) ?? (hostNetwork ? addresses : []);
  const sourceAddresses = (behind: readonly Pod[], vantage: Vantage): readonly string[] => {
    const { type, networks = [] } = vantage;
    if (type === 'Static') return networks.flatMap(firstOf);
    const addresses = behind.flatMap((pod) => {
      if (byNode(vantage) || pod.hostNetwork) return ofNode(pod);
      if (vantage.network) return attached(pod, vantage.network).addresses;
      if (type !== 'EgressIP') return own(pod);
      if (egress.leads(pod)) return [];
      const { fixed, through } = egress.of(pod, vantage);
      if (through === undefined) return withOwn(fixed.flatMap(firstOf), own(pod));
      const given = [...fixed.flatMap(firstOf), ...through.all];
      return given.length > 0 || through.toward({}) !== 'past' ? given : own(pod);
    });
    return addresses.length < 2 ? addresses : [...new Set(addresses)].sort();
  };
  return {
    ofPod: (pod, vantage) => {
      if (pod.hostNetwork && vantage.type !== 'Static') return ofNode(pod);
      if (vantage.type === 'EgressGateway' && mesh === undefined) return sourceAddresses(podsOf(vantage), vantage);
      return sourceAddresses([pod], vantage);
    },
    toward: (pod, vantage) => {
      const leaving = vantage.type === 'EgressIP' ? egress.of(pod, vantage) : undefined;
      if (leaving?.through === undefined) return undefined;
      const fixed = leaving.fixed.flatMap(firstOf);
      return towardBy(leaving.through, fixed, fixed.length > 0 ? fixed : own(pod));
    },
    ofGateway: (gateway, vantage) => sourceAddresses(podsBehind(gateway), vantage),
    isAstray: (gateway, vantage) =>
      vantage.type === 'EgressGateway' &&
      !byNode(vantage) &&
      (gateway === '' ? podsOf(vantage) : podsBehind(gateway)).some(({ hostNetwork }) => hostNetwork),
    expected: remembered((vantage) => sourceAddresses(podsWithDraining(vantage), vantage)),
    isGateway,
    leads: egress.leads,
    namedBy: egress.namedBy,
    given: (pod, vantage) => {
      if (vantage.type !== 'EgressIP') return [];
      const { fixed, through } = egress.of(pod, vantage);
      return [...fixed, ...(through?.all ?? [])];
    },
  };
}

/** The pods of egress gateways: those of the mesh, by name, and those that vantages select. */
function gatewayPods(pods: readonly Pod[], mesh: MeshSnapshot | undefined, vantages: readonly Vantage[]) {
  const known = new Map<string, readonly Pod[]>();
  const podsBehind = (gateway: string): readonly Pod[] => {
    const found = known.get(gateway) ?? findGateway(gateway, mesh, pods);
    known.set(gateway, found);
    return found;
  };
  const live = new Map(
    vantages.map((vantage) => [
      vantage,
      vantage.gateway ? pods.filter((pod) => isLive(pod) && isOfGateway(vantage.gateway, pod)) : [],
    ]),
  );
  const podsOf = (vantage: Vantage): readonly Pod[] => live.get(vantage) ?? [];
  const podsWithDraining = (vantage: Vantage): readonly Pod[] => {
    const { gateway } = vantage;
    const isDraining = (pod: Pod): boolean => pod.deleting && !hasEnded(pod) && isOfGateway(gateway, pod);
    return [...podsOf(vantage), ...(gateway ? pods.filter(isDraining) : [])];
  };
  const all = new Set([...live.values()].flat());
  for (const name of mesh ? gatewaysIn(mesh) : []) for (const pod of podsBehind(name)) all.add(pod);
  return { podsBehind, podsOf, podsWithDraining, isGateway: (pod: Pod): boolean => all.has(pod) };
}

/** One that is being deleted has its address until somebody else claims it. One whose node is gone has nothing that another has. */
function ownAddresses({ pods, nodes }: Snapshot): (pod: Pod) => readonly string[] {
  const claims = claimsOf(pods);
  const names = new Set(nodes.map(({ name }) => name));
  const ofNodes = new Set(nodes.flatMap(({ addresses }) => addresses));
  return (pod) => {
    const isLeftOver = pod.node !== '' && !names.has(pod.node);
    return pod.addresses
      .filter((address) => (claims.get(address)?.[0] ?? (pod.deleting ? pod : undefined)) === pod)
      .filter((address) => !(isLeftOver && ofNodes.has(address)));
  };
}

/** Of a family in which it was given none, a pod leaves under its own address, which the point does not know. */
function withOwn(given: readonly string[], own: readonly string[]): readonly string[] {
  const families = new Set(given.map(familyOf));
  return [...given, ...own.filter((address) => !families.has(familyOf(address)))];
}

/** @param fixed what the pod has wherever to; @param past what it has where it leaves by itself */
function towardBy(through: Through, fixed: readonly string[], past: readonly string[]): Toward {
  const joined = remembered((there: readonly string[]) => [...new Set([...fixed, ...there])].sort());
  const of = (asked: Asked): readonly string[] => {
    const there = through.toward(asked);
    if (there === 'unknown') return [];
    return there === 'past' ? past : joined(there);
  };
  return { key: through.id, past, of, isUnknown: (asked) => through.toward(asked) === 'unknown' };
}

/** Behind SNAT, where pods have the address of their node. */
function byNode({ type, gateway }: Vantage): boolean {
  return type === 'Node' || gateway?.addresses === 'Node';
}

function isOfGateway(gateway: Vantage['gateway'], pod: Pod): boolean {
  return gateway?.namespace === pod.namespace && selects(gateway.podSelector, pod.labels);
}

/** The pods of a Service, or of a Gateway that istiod runs itself. */
function findGateway(gateway: string, mesh: MeshSnapshot | undefined, pods: readonly Pod[]): readonly Pod[] {
  const [kind, namespace = '', name = ''] = gateway.split('/');
  const service = mesh?.services.find((one) => one.namespace === namespace && one.name === name);
  const labels = kind === 'Gateway' ? { 'gateway.networking.k8s.io/gateway-name': name } : (service?.selector ?? {});
  const wanted = Object.entries(labels);
  if (wanted.length === 0) return [];
  return pods.filter(
    (pod) => pod.namespace === namespace && isLive(pod) && wanted.every(([key, value]) => pod.labels[key] === value),
  );
}

/** Services in the namespaces of Gateways whose pods these are about, and Gateways of the Kubernetes kind. */
function gatewaysIn({ gateways, services, routeGateways }: MeshSnapshot): readonly string[] {
  const fronts = services.filter(({ selector, namespace }) =>
    gateways.some(
      (gateway) =>
        gateway.namespace === namespace &&
        Object.keys(gateway.selector).length > 0 &&
        Object.entries(gateway.selector).every(([key, value]) => selector[key] === value),
    ),
  );
  return [
    ...fronts.map(({ namespace, name }) => `Service/${namespace}/${name}`),
    ...routeGateways.map(({ namespace, name }) => `Gateway/${namespace}/${name}`),
  ];
}

function firstOf(network: string): string[] {
  const address = canonicalAddress(network);
  if (address !== undefined) return [address];
  const cidr = parseCidr(network);
  return cidr ? [formatAddress(cidr)] : [];
}
