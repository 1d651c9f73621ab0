import { append } from '../../../core/model/grouped.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { Authorization, PolicySet } from './authorization.ts';
import { HostIndex, splitHost } from '../registry/host.ts';
import type { MeshSnapshot, MeshWorkload } from '../objects/snapshot.ts';
import type { Service } from '../objects/cluster.ts';
import type { Gateway, Server } from '../objects/traffic.ts';
import { ageUnknown, byAge } from '../registry/age.ts';
import type { NamedPorts } from '../../network/ends/ends.ts';
import { labelsMatch } from '../registry/scope.ts';

/** One server of a Gateway, on the port of the pods that it came to listen on. */
export interface BoundServer {
  readonly gateway: Gateway;
  readonly server: Server;
}

export interface Listener {
  readonly servers: readonly BoundServer[];
  readonly chains: HostIndex<BoundServer>;
  /** Servers that were dropped, and why: a conflict with an older one. */
  readonly skipped: readonly (BoundServer & { readonly reason: string })[];
  /** Hosts of two servers, written in two ways: if both have a route, Envoy refuses the whole listener. */
  readonly spelledTwice: readonly string[];
  /** A server that was dropped for another one, when nobody can say which is older. */
  readonly unsure: BoundServer | undefined;
}

/** The pods behind a Service that Gateways make listeners on. */
export interface GatewayPods {
  readonly service: Service;
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  readonly namedPorts: NamedPorts | undefined;
  /** The AuthorizationPolicies that judge what comes to them. */
  readonly policies: PolicySet;
  /** By port of the pods. */
  readonly listeners: ReadonlyMap<number, Listener>;
}

/** How a server reads what comes: requests, a plain stream, or TLS in one of its modes. */
export type ServerMode = 'HTTP' | 'TCP' | 'ISTIO_MUTUAL' | 'MUTUAL' | 'SIMPLE' | 'PASSTHROUGH' | 'AUTO_PASSTHROUGH';

export function modeOf({ port, tls }: Server): ServerMode {
  const protocol = port.protocol ?? '';
  if (protocol === 'HTTPS' || protocol === 'TLS') {
    const mode = tls?.mode ?? 'PASSTHROUGH';
    const known: readonly ServerMode[] = ['ISTIO_MUTUAL', 'MUTUAL', 'SIMPLE', 'AUTO_PASSTHROUGH'];
    return known.find((name) => name === mode) ?? (mode === 'OPTIONAL_MUTUAL' ? 'SIMPLE' : 'PASSTHROUGH');
  }
  return ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB'].includes(protocol) ? 'HTTP' : 'TCP';
}

/** Does the chain of this server speak HTTP, so that requests can be judged? */
export function speaksHttp(server: Server): boolean {
  const mode = modeOf(server);
  return mode === 'HTTP' || (server.port.protocol === 'HTTPS' && !mode.endsWith('PASSTHROUGH'));
}

/** The hosts of a server without the namespace that may bind to them. */
export function serverHosts({ hosts }: Server): readonly string[] {
  return hosts.map((text) => splitHost(text).host);
}

/** The server whose chain an SNI selects, among those that have one; HTTP and plain TCP have one chain for all. */
export function serverFor(
  { servers, chains }: Listener,
  sni: string | undefined,
  hasChain: (bound: BoundServer) => boolean,
): BoundServer | undefined {
  const [first] = servers;
  if (first && isPlain(first)) return first;
  if (sni === undefined) return undefined;
  for (const group of chains.covering(sni)) {
    const bound = group.find(hasChain);
    if (bound !== undefined) return bound;
  }
  return undefined;
}

function isPlain({ server }: BoundServer): boolean {
  const mode = modeOf(server);
  return mode === 'HTTP' || mode === 'TCP';
}

/** Finds the pods of a Service, with the listeners of all Gateways that select them; each Service is prepared once. */
export function readGateways(
  snapshot: MeshSnapshot,
  { atPods }: Authorization,
): (service: Service) => readonly GatewayPods[] {
  const gateways = [...snapshot.gateways].sort(byAge);
  const known = new Map<string, readonly GatewayPods[]>();
  const podsOf = podsFinder(snapshot);
  return (service) => {
    const found =
      known.get(service.id) ??
      podsOf(service).map((pods) => ({
        ...bind(pods, gateways, snapshot),
        policies: atPods(pods.namespace, pods.labels),
      }));
    known.set(service.id, found);
    return found;
  };
}

type Pods = Omit<GatewayPods, 'listeners' | 'policies'>;

/** Known workloads that the Service selects, one for each set of labels and kind of network; without any, pods with just those labels. */
function podsFinder({ workloads }: MeshSnapshot): (service: Service) => readonly Pods[] {
  return (service) => {
    const own = (workload: MeshWorkload): boolean =>
      workload.namespace === service.namespace && labelsMatch(service.selector, workload.podLabels);
    const found = new Map(workloads.filter(own).map((workload) => [keyOf(workload), workload]));
    const { namespace, selector } = service;
    if (found.size === 0) {
      const unknown = { serviceAccount: 'default', hostNetwork: false, namedPorts: undefined };
      return [{ service, namespace, labels: selector, ...unknown }];
    }
    return [...found.values()].map(({ podLabels, serviceAccount, hostNetwork, namedPorts }) => {
      return { service, namespace, labels: podLabels, serviceAccount, hostNetwork, namedPorts };
    });
  };
}

/** Replicas of one template differ in these. */
const perReplica = new Set(['pod-template-hash', 'statefulset.kubernetes.io/pod-name', 'apps.kubernetes.io/pod-index']);

function keyOf({ podLabels, hostNetwork }: MeshWorkload): string {
  const pairs = Object.entries(podLabels).filter(([key]) => !perReplica.has(key));
  return JSON.stringify([hostNetwork, pairs.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function bind(
  pods: Pods,
  gateways: readonly Gateway[],
  { services, config }: MeshSnapshot,
): Omit<GatewayPods, 'policies'> {
  const selecting = gateways.filter(
    ({ namespace, selector }) =>
      labelsMatch(selector, pods.labels) && (!config.gatewaysSelectTheirNamespace || namespace === pods.namespace),
  );
  const fronting = services.filter(
    ({ namespace, selector }) =>
      namespace === pods.namespace && Object.keys(selector).length > 0 && labelsMatch(selector, pods.labels),
  );
  const byPort = new Map<number, BoundServer[]>();
  for (const gateway of selecting) {
    for (const server of gateway.servers) {
      for (const port of podPorts(server.port.number, fronting, pods)) {
        append(byPort, port, { gateway, server });
      }
    }
  }
  return { ...pods, listeners: new Map([...byPort].map(([port, servers]) => [port, listenerOf(servers)])) };
}

/** A Gateway names ports of the Service; the pods listen on the target ports. */
function podPorts(number: number, services: readonly Service[], { namedPorts }: Pods): ReadonlySet<number> {
  const targets = services.flatMap(({ ports }) =>
    ports
      .filter(({ port }) => port === number)
      .flatMap(({ targetPort }) => targetNumber(targetPort ?? number, namedPorts)),
  );
  return new Set(targets.length === 0 ? [number] : targets);
}

export function targetNumber(target: number | string, namedPorts: NamedPorts | undefined): number[] {
  if (typeof target === 'number') return [target];
  const number = namedPorts?.[target]?.port;
  return number === undefined ? [] : [number];
}

/**
 * Gateways on one port are merged in the order of their age. A server that does not agree with the first about TLS is
 * dropped, as is one whose hosts, as they are written, are all taken; the same SNI in two spellings is not noticed.
 */
function listenerOf(all: readonly BoundServer[]): Listener {
  const servers: BoundServer[] = [];
  const skipped: (BoundServer & { reason: string })[] = [];
  const literal = new Set<string>();
  const names = new Set<string>();
  const spelledTwice = new Set<string>();
  let unsure: BoundServer | undefined;
  for (const bound of all) {
    const first = servers[0] ?? bound;
    const { hosts } = bound.server;
    if (isPlain(first) !== isPlain(bound) || (isPlain(bound) && modeOf(first.server) !== modeOf(bound.server))) {
      skipped.push({ ...bound, reason: `its protocol conflicts with that of ${first.gateway.id} on this port` });
      if (ageUnknown(first.gateway, bound.gateway)) unsure ??= bound;
    } else if (!isPlain(bound) && hosts.some((host) => literal.has(host))) {
      skipped.push({ ...bound, reason: 'an older server of this port has the same host' });
    } else {
      const again = isPlain(bound) ? [] : serverHosts(bound.server).filter((host) => names.has(host));
      for (const host of again) spelledTwice.add(host);
      servers.push(bound);
      for (const host of hosts) literal.add(host);
      for (const host of serverHosts(bound.server)) names.add(host);
    }
  }
  const chains = new HostIndex(servers, ({ server }) => serverHosts(server));
  return { servers, chains, skipped, spelledTwice: [...spelledTwice], unsure };
}
