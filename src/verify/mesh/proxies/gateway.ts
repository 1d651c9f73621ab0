import { appOf, oneOf, passed, networkFinding, stopped, type Finding, type MeshAnswer, type Trail } from '../answer.ts';
import type { HopPolicy } from '../registry/destination-rules.ts';
import { routeOut, type Within } from './gateway-routes.ts';
import { modeOf, serverFor, speaksHttp, targetNumber, type BoundServer, type GatewayPods } from './listeners.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { RegistryService } from '../registry/registry.ts';
import { labelsMatch } from '../registry/scope.ts';
import { identityOf } from './request.ts';
import { carriedOn, leaveAsAsked } from './upstream.ts';
import type { World } from '../world.ts';

/** A connection that a sidecar makes to a gateway. */
export interface AtGateway {
  readonly service: RegistryService;
  readonly port: number;
  /** How the hop is made: its TLS, and the SNI of that. */
  readonly hop: HopPolicy;
}

/** A share of what goes to the Service goes there, and nobody knows to whom. */
function sharing({ by, at: address }: Endpoint, { id }: RegistryService): Finding {
  const reason = `puts ${address} behind ${id}, beside the pods of the gateway`;
  return { layer: 'gateway', object: by, reason, certain: false, doubt: 'object' };
}

type Wrapping = Within['wrapping'];
type HopTls = Pick<NonNullable<HopPolicy['tls']>, 'mode' | 'sni'>;

/** Carries a flow into a gateway, past its policies, and out of it again. */
export function throughGateway(world: World, from: Trail, { service, port, hop }: AtGateway): MeshAnswer {
  const [foreign] = service.endpoints;
  const towards: Trail = { ...from, path: 'gateway', gateway: service.id };
  const trail = foreign === undefined ? towards : passed(towards, sharing(foreign, service));
  const found = service.service;
  if (found === undefined) return stopped(trail, at(service.id, 'is no gateway of this cluster'));
  const exposed = found.ports.find((candidate) => candidate.port === port);
  if (exposed === undefined) return stopped(trail, at(service.id, `does not expose port ${port}`));
  const pods = world.podsOf(found).filter(({ labels }) => labelsMatch(hop.endpointLabels, labels));
  if (pods.length === 0) return stopped(trail, at(service.id, 'has no pod with the labels of the subset'));
  return oneOf(
    pods.map((each) => {
      const [number] = targetNumber(exposed.targetPort ?? port, each.namedPorts);
      return number === undefined
        ? stopped(trail, at(service.id, `target port ${exposed.targetPort ?? ''} is not known`, false))
        : towardsPods(world, trail, { service, port, hop }, each, number);
    }),
  );
}

function at(object: string, reason: string, certain = true): Finding {
  return { layer: 'gateway', object, reason, certain };
}

/** Without a word of TLS, sidecars speak that of the mesh to pods that say they know it. */
function towardsPods(
  world: World,
  trail: Trail,
  { service, port, hop }: AtGateway,
  pods: GatewayPods,
  number: number,
): MeshAnswer {
  const { config, peerAuthentications } = world.snapshot;
  const isAutomatic = hop.tls?.mode === undefined && config.autoMtls && pods.labels[tlsMode] === 'istio';
  const policy = hop.tls ?? { mode: undefined, sni: undefined };
  if (!isAutomatic) return reach(world, trail, { pods, port: number, wrapping: wrap(trail, service, port, policy) });
  const off = peerAuthentications.find(
    ({ namespace, selector, mtls }) =>
      (namespace === pods.namespace || namespace === config.rootNamespace) &&
      mtls?.mode === 'DISABLE' &&
      labelsMatch(selector?.matchLabels ?? {}, pods.labels),
  );
  const reason = 'says that there is no TLS of the mesh to the gateway, unless another one counts';
  const told = off === undefined ? trail : passed(trail, { ...at(off.id, reason, false), doubt: 'object' });
  const automatic = { mode: 'ISTIO_MUTUAL', sni: policy.sni };
  return reach(world, told, { pods, port: number, wrapping: wrap(trail, service, port, automatic) });
}
const tlsMode = 'security.istio.io/tlsMode';

function wrap({ target }: Trail, service: RegistryService, port: number, tls: HopTls): Wrapping {
  const { mode, sni } = tls;
  if (mode === 'ISTIO_MUTUAL') {
    return { mutual: true, sni: sni ?? `outbound_.${port}_._.${service.host}` };
  }
  if (mode === 'SIMPLE' || mode === 'MUTUAL') return { mutual: false, sni };
  return { mutual: false, sni: appOf(target) === 'tls' ? (target.sni ?? target.host) : undefined };
}

interface Arrival {
  readonly pods: GatewayPods;
  readonly port: number;
  readonly wrapping: Wrapping;
}

function reach(world: World, trail: Trail, { pods, port, wrapping }: Arrival): MeshAnswer {
  const gatewayPod = world.network.podEnd({ ...pods, addresses: undefined });
  const wire = world.network.connects(trail.pod, gatewayPod, { port, protocol: 'TCP' });
  const network = networkFinding(wire);
  if (wire.allowed === 'no') return stopped(trail, network);
  const proxy = { at: 'gateway', namespace: pods.namespace, podLabels: pods.labels } as const;
  const rewriting = world.rewriting(proxy, trail.target);
  const entered = passed(trail, network);
  const doubts = [...(rewriting === undefined ? [] : [rewriting]), ...addedListeners(world, pods)];
  const connected = doubts.reduce(passed, entered);
  const listener = pods.listeners.get(port);
  if (pods.listeners.size === 0) return leaveAsAsked(world, connected, gatewayPod, carriedOn(pods.service, 'gateway'));
  if (listener === undefined) return stopped(connected, at('', `no Gateway listens on port ${port} of the pods`));
  const chained = (bound: BoundServer): boolean => world.routesAt(bound, pods).hasChain;
  const refused = listener.spelledTwice.find((host) => listener.chains.exactly(host).filter(chained).length > 1);
  if (refused !== undefined) return stopped(connected, twice(refused, port, listener.chains.exactly(refused)));
  const heard = listener.unsure === undefined ? connected : passed(connected, unsureOf(listener.unsure, port));
  const bound = serverFor(listener, wrapping.sni, chained);
  if (bound === undefined)
    return stopped(heard, at('', `no server of port ${port} is for SNI ${wrapping.sni ?? '(none)'}`));
  const mismatch = handshakeFault(bound, wrapping);
  if (mismatch) return stopped(heard, at(bound.gateway.id, mismatch));
  return authorize(world, welcomed(heard, bound, wrapping), { bound, pods, gatewayPod, wrapping }, port);
}

/** Gateways that say nothing of it take no listeners of others. */
function addedListeners({ snapshot }: World, { namespace }: GatewayPods): readonly Finding[] {
  const open = snapshot.routeGateways.filter(
    (one) => one.namespace === namespace && one.allowedListeners !== undefined,
  );
  const added = snapshot.listenerSets.find(({ parentRef, ...set }) =>
    open.some(({ name }) => name === parentRef.name && namespace === (parentRef.namespace ?? set.namespace)),
  );
  if (added === undefined) return [];
  const reason = 'adds listeners to a Gateway, which is not modelled';
  return [{ ...at(added.id, reason, false), doubt: 'object' }];
}

function twice(host: string, port: number, servers: readonly BoundServer[]): Finding {
  const [first, second] = servers.map(({ gateway }) => gateway.id);
  const reason = `has a server for ${host}, as has ${first ?? ''}, written in another way: a proxy that starts refuses all of port ${port}`;
  return at(second ?? '', reason);
}

function unsureOf({ gateway }: BoundServer, port: number): Finding {
  const reason = `wants port ${port} for another protocol: the older Gateway has it, and the objects do not say which it is`;
  return { layer: 'gateway', object: gateway.id, reason, certain: false, doubt: 'object' };
}

function welcomed(trail: Trail, { gateway, server }: BoundServer, { mutual }: Wrapping): Trail {
  const mode = modeOf(server);
  const taken = `server ${server.port.name ?? server.port.number} takes the connection (${mode})`;
  if (!mutual || !mode.endsWith('PASSTHROUGH')) return passed(trail, at(gateway.id, taken));
  return passed(trail, at(gateway.id, `${taken}, and hands on the TLS of the mesh with it`, false));
}

function handshakeFault({ server }: BoundServer, { mutual, sni }: Wrapping): string | undefined {
  const mode = modeOf(server);
  if (mode === 'HTTP' && sni !== undefined) return 'speaks plain HTTP, and TLS comes in';
  if (mode === 'HTTP' || mode === 'TCP' || mode.endsWith('PASSTHROUGH')) return undefined;
  if (sni === undefined) return 'expects TLS, and none comes in';
  return mode === 'ISTIO_MUTUAL' && !mutual ? 'asks for a certificate of the mesh, and the hop shows none' : undefined;
}

function authorize(world: World, trail: Trail, within: Within, port: number): MeshAnswer {
  const { bound, pods, wrapping } = within;
  const { client, target } = trail;
  const mode = modeOf(bound.server);
  const isKnown = wrapping.mutual && mode === 'ISTIO_MUTUAL';
  const decision = world.decide(pods.policies, {
    identity: isKnown ? identityOf(client, world.trustDomains) : undefined,
    addresses: client.addresses,
    isDirect: true,
    port,
    sni: wrapping.sni,
    http: speaksHttp(bound.server),
    host: target.host,
    method: target.method,
    path: target.path,
  });
  if (!decision.allowed) return stopped(trail, decision);
  return routeOut(world, passed(trail, decision), within);
}
