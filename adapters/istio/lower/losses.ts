import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { objectName } from '../../../src/core/text/wording.ts';

/** What is lost, before it is said of a rule. */
type LossKind = Omit<Loss, 'id'>;

/** Collects what cannot be expressed: said once of each rule and matter, however many names and ports it concerns. */
export class Losses {
  readonly #losses = new Map<string, Loss>();

  add({ id }: Pick<Rule, 'id'>, matter: LossKind): void {
    const key = `${id}\n${matter.code}\n${matter.message}`;
    if (!this.#losses.has(key)) this.#losses.set(key, { ...matter, id });
  }

  all(): readonly Loss[] {
    return [...this.#losses.values()];
  }
}

/** The policy and entry that a rule comes from, as people find it. */
export function ruleName({ origin }: Pick<Rule, 'origin'>): string {
  return `${objectName(origin)} ${origin.field}`;
}

/** Everything that a mesh cannot say, or not always, each with what stands there instead and what to do. */
export const lost = {
  inspection: (profile: string): LossKind => ({
    effect: 'rejected',
    code: 'no-inspection-profiles',
    message: `A mesh cannot inspect, so the rule with profile ${profile} is left out; nothing passes uninspected.`,
  }),
  anyDestination: (): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-any-destination',
    message:
      'A mesh needs a list of hosts, so this rule holds only for names and addresses that other rules of this point list. List the destinations.',
  }),
  everyPort: (): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-every-port',
    message: 'A mesh needs a list of ports: without one, only TLS to port 443 is permitted. List the ports.',
  }),
  gatewayApi: (version: string): LossKind => ({
    effect: 'rejected',
    code: 'mesh-gateway-api',
    message: `Left out: \`api: GatewayAPI\` needs Istio 1.31, and this is ${version} as far as is known. Write istioVersion into the config, update the mesh, or use \`api: Istio\`.`,
  }),
  udp: (port: number): LossKind => ({
    effect: 'elsewhere',
    code: 'mesh-udp',
    message: `Istio does not see UDP (port ${port}): network policies and the perimeter decide about it.`,
  }),
  manyPorts: (first: number, last: number, most: number): LossKind => ({
    effect: 'rejected',
    code: 'mesh-port-range',
    message: `Ports ${first}-${last} are left out: a mesh needs every port listed, and more than ${most} are too many. Narrow the range.`,
  }),
  name: (name: string): LossKind => ({
    effect: 'rejected',
    code: 'mesh-name',
    message: `${name} is left out: Istio takes letters, digits and inner hyphens in names only.`,
  }),
  wildcard: (name: string, why: string): LossKind => ({
    effect: 'rejected',
    code: 'mesh-wildcard',
    message: `${name} is left out: ${why}`,
  }),
  network: (network: string, why: string): LossKind => ({
    effect: 'rejected',
    code: 'mesh-network',
    message: `${network} is left out: ${why}`,
  }),
  originate: (what: string, why: string): LossKind => ({
    effect: 'rejected',
    code: 'mesh-originate',
    message: `${what} is left out: ${why}`,
  }),
  gatewayPort: (where: string, port: number): LossKind => ({
    effect: 'rejected',
    code: 'mesh-gateway-port',
    message: `Port ${port} is left out: Service ${where} does not expose it. Add the port to the Service, and to \`ports\` of the gateway if it is written there.`,
  }),
  sharedPodPort: (host: string, port: number, other: number): LossKind => ({
    effect: 'rejected',
    code: 'mesh-shared-pod-port',
    message: `Port ${port} of ${host} is left out: the Service of the gateway sends it to the same port of the pods as port ${other}, where the two cannot be distinguished. Give it a targetPort of its own, also in \`ports\` of the gateway if it is listed there.`,
  }),
  twoWays: (host: string, port: number, mine: string, other: string): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-two-ways',
    message: `Port ${port} of ${host} is open to these workloads by ${mine} only, and not by ${other}, which another rule permits to others. Let both rules say the same \`tls\`, or permit both ways to all.`,
  }),
  takenByTls: (host: string, port: number): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-two-ways',
    message: `Port ${port} of ${host} is closed to these workloads: another rule has the mesh make TLS of what comes to that port. Let both rules say the same \`tls\`, or leave the name out.`,
  }),
  protocolConflict: (host: string, port: number, first: Rule): LossKind => ({
    effect: 'rejected',
    code: 'mesh-protocol-conflict',
    message: `Port ${port} of ${host} is left out: ${ruleName(first)} uses the port for another protocol, and a proxy treats a port as one protocol. Make them agree, or use another port.`,
  }),
  twoGateways: (host: string, first: Rule): LossKind => ({
    effect: 'rejected',
    code: 'mesh-two-gateways',
    message: `${host} is left out: ${ruleName(first)} routes it through another gateway, and a host has one gateway. Use the same in both.`,
  }),
  tcpConflict: (host: string, port: number, first: Rule): LossKind => ({
    effect: 'rejected',
    code: 'mesh-tcp-port-conflict',
    message: `Port ${port} of ${host} is left out: opaque TCP has no name in it, and ${ruleName(first)} has the port already. Turn on DNS capture in the proxies (ISTIO_META_DNS_CAPTURE), or use another port.`,
  }),
  tcpCatchesAll: (host: string, port: number): LossKind => ({
    effect: 'approximate',
    code: 'mesh-tcp-catches-all',
    message: `Opaque TCP to port ${port} of any other external address also ends at ${host}, as there is no name in it. Turn on DNS capture in the proxies (ISTIO_META_DNS_CAPTURE).`,
  }),
  identity: (): LossKind => ({
    effect: 'rejected',
    code: 'mesh-identity-direct',
    message:
      'Left out: without a gateway a mesh can tell namespaces apart, not who is in them. Select the whole namespace, or use plane gateway or ambient.',
  }),
  denyByAccount: (): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-deny-by-account',
    message:
      'Pods are known by their ServiceAccount: others that share one with a denied pod are denied as well. Give the denied pods an account of their own.',
  }),
  denyByNetwork: (): LossKind => ({
    effect: 'elsewhere',
    code: 'mesh-deny-by-network',
    message:
      'A mesh decides by the name: that a permitted name leads into this network, only network policies and the perimeter prevent. Addresses that are not named are denied.',
  }),
  denyBelow: (): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-deny-below-wildcard',
    message:
      'Without a gateway, a name cannot be excluded from a wildcard: a workload that is denied the name loses the whole wildcard. Use plane gateway or ambient.',
  }),
  otherMode: (namespaces: readonly string[], mode: string): LossKind => ({
    effect: 'rejected',
    code: 'mesh-other-mode',
    message: `${namespaces.join(', ')}: not in ${mode} mode, so nothing is permitted from there, and nothing there is prevented by the mesh. Bring the namespace into that mode, or cover it by a point of its own.`,
  }),
  podsOutside: (namespaces: readonly string[]): LossKind => ({
    effect: 'elsewhere',
    code: 'mesh-pods-outside',
    message: `${namespaces.join(', ')}: some pods there are kept out of the mesh by a label (sidecar.istio.io/inject or istio.io/dataplane-mode): only network policies and the perimeter decide about them. Take the label off.`,
  }),
  othersAtGateway: (gateway: string, others: string): LossKind => ({
    effect: 'approximate',
    code: 'mesh-others-at-gateway',
    message: `${others}: objects of others use or change the gateway ${gateway}, at which nothing is permitted but what is permitted here. Hosts that others lead through it are cut off, and an EnvoyFilter or a DestinationRule may change what was written here. Move them to another gateway, or give this point a gateway of its own.`,
  }),
  workloadSidecar: (sidecars: readonly string[]): LossKind => ({
    effect: 'approximate',
    code: 'mesh-workload-sidecar',
    message: `${sidecars.join(', ')}: the workloads that these Sidecars select go by them and not by the one written here: they see and reach what those let them. Remove them, or give them REGISTRY_ONLY and the namespace of the gateway.`,
  }),
  defaultAccept: (): LossKind => ({
    effect: 'narrowed',
    code: 'mesh-default-deny',
    message: 'A mesh with denying rules cannot have defaultAction Accept: what no rule accepts is denied.',
  }),
  ambientDefault: (): LossKind => ({
    effect: 'elsewhere',
    code: 'mesh-ambient-default',
    message:
      'Ambient mode lets pods go to hosts that the mesh does not know: only network policies and the perimeter prevent that.',
  }),
} as const;
