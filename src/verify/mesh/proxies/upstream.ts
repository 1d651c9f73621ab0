import { formatAddress, parseAddress } from '../../../net/address.ts';
import {
  left,
  oneOf,
  passed,
  networkFinding,
  stopped,
  type Diversion,
  type Finding,
  type MeshAnswer,
  type Outside,
  type Trail,
} from '../answer.ts';
import { diversionOf, type Chosen } from './diversion.ts';
import type { Service } from '../objects/cluster.ts';
import type { HopPolicy } from '../registry/destination-rules.ts';
import { endpointPort } from '../registry/endpoints.ts';
import { isPattern } from '../registry/host.ts';
import type { Reached } from '../../network/ends/cluster.ts';
import { strictest, type NetworkAnswer } from '../../network/decide.ts';
import type { PodEnd } from '../../network/ends/ends.ts';
import { targetOf, type RegistryPort, type RegistryService } from '../registry/registry.ts';
import { labelsMatch } from '../registry/scope.ts';
import type { World } from '../world.ts';

/** What a proxy makes of a connection to a service outside: where to, and whether it wraps it in TLS. */
export interface Upstream {
  readonly service: RegistryService;
  readonly port: RegistryPort;
  /** Of a DestinationRule, which a route names. */
  readonly subset?: string | undefined;
  readonly layer: 'sidecar' | 'gateway' | 'waypoint';
  /** Does the application's own TLS pass through? */
  readonly carriesTls: boolean;
  /** The route that leads to the service, or how the service came to be chosen. */
  readonly chosen?: Chosen | undefined;
}

/** Leaves for a service of the registry, from a pod: by its endpoints, through its target port, and past network policies. */
export function leaveFor(world: World, trail: Trail, from: PodEnd, upstream: Upstream): MeshAnswer {
  const policy = world.policyOf({
    from: { namespace: from.namespace, podLabels: from.labels },
    to: upstream.service,
    port: upstream.port.number,
    subset: upstream.subset,
  });
  const { layer, service } = upstream;
  const ends = endsOf(trail, upstream, policy);
  const inside = selectsPods(world, service) ? [leaveAsAsked(world, trail, from, toPods(service, layer))] : [];
  if (ends.length + inside.length === 0) {
    return stopped(trail, { layer, object: service.id, reason: 'leads to no endpoint' });
  }
  const refused = ends.length > 1 && service.resolution === 'DNS_ROUND_ROBIN';
  const known = refused ? passed(trail, tooMany(ends, service, layer)) : trail;
  return oneOf([
    ...ends.map((end) => {
      const { by } = end;
      const isOwn = by === undefined || by === upstream.service.id;
      const chosen = isOwn ? upstream.chosen : { object: by, reason: `takes a share of ${upstream.service.host}` };
      return leaveBy(world, known, from, { ...upstream, chosen, policy }, end);
    }),
    ...inside,
  ]);
}

/** Does an entry select pods of the cluster, by labels that WorkloadEntries may have as well? */
function selectsPods({ snapshot }: World, { entry, resolution }: RegistryService): boolean {
  const wanted = entry?.workloadSelector?.labels;
  if (entry === undefined || wanted === undefined || resolution === 'NONE') return false;
  return snapshot.network.pods.some(
    ({ namespace, labels }) => namespace === entry.namespace && labelsMatch(wanted, labels),
  );
}

function toPods({ id }: RegistryService, layer: Finding['layer']): Finding {
  const reason = 'leads to pods of the cluster that it selects: whether they carry the flow on is not known';
  return { layer, object: id, reason, certain: false, doubt: 'object' };
}

/** Envoy takes one endpoint of such a cluster; istiod adds those of other entries for the host all the same. */
function tooMany(ends: readonly End[], { id, host }: RegistryService, layer: Finding['layer']): Finding {
  const others = ends.flatMap(({ by }) => (by === undefined || by === id ? [] : [by]));
  const reason = `has resolution DNS_ROUND_ROBIN, and ${others[0] ?? ''} gives ${host} another endpoint: a proxy that starts refuses both, and one that runs stays with what it had`;
  return { layer, object: id, reason, certain: false, doubt: 'object' };
}

/** Beside DestinationRules for the host, of which either may count. */
function wrapping({ snapshot }: World, service: RegistryService, layer: Finding['layer']): readonly Finding[] {
  const { kind, namespace, name } = targetOf(service);
  return snapshot.backendTlsPolicies
    .filter(
      (policy) =>
        policy.namespace === namespace && policy.targetRefs.some((one) => one.kind === kind && one.name === name),
    )
    .map(({ id }) => {
      const reason = 'has proxies wrap the TLS of the application in TLS of their own, unless a DestinationRule counts';
      return { layer, object: id, reason, certain: false, doubt: 'object' };
    });
}

function aliased({ id, externalName }: Service, layer: Finding['layer']): Finding {
  const reason = `is an alias of ${externalName ?? ''}, which releases of Istio take for that host, or for one of its own`;
  return { layer, object: id, reason, certain: false, doubt: 'object' };
}

interface End extends Outside {
  /** The object that leads there, where that is not the service itself. */
  readonly by?: string;
  readonly network?: string | undefined;
}

/** Where the connection may end: at one of the endpoints of the service, those of others first; else at its host. */
function endsOf(trail: Trail, { service, port }: Upstream, { endpointLabels }: HopPolicy): readonly End[] {
  const { resolution, id } = service;
  const endpoints = service.endpoints.flatMap((endpoint) => {
    const number = labelsMatch(endpointLabels, endpoint.labels) ? endpointPort(endpoint, port, resolution) : undefined;
    return number === undefined ? [] : [{ ...endpoint, port: number }];
  });
  const isSubset = Object.keys(endpointLabels).length > 0 && hasEndpoints(service);
  if (endpoints.length === 0 && (resolution === 'STATIC' || isSubset)) return [];
  if (endpoints.length > 0) {
    return [...endpoints]
      .sort((a, b) => Number(a.by === id) - Number(b.by === id))
      .flatMap(({ at, by, network, port: number }): readonly End[] => {
        const isAddress = parseAddress(at) !== undefined;
        if (!isAddress && resolution === 'STATIC') return [];
        const where = isAddress ? { host: '', address: at } : { host: at.toLowerCase(), address: '' };
        return [{ ...where, port: number, by, network }];
      });
  }
  const [network] = service.addresses;
  if (resolution === 'NONE' && network !== undefined && trail.target.address === undefined && isOpaque(port)) {
    // Its host is a label: it is known by the addresses alone, and goes to the one that was asked for.
    return [{ host: '', address: formatAddress(network), port: port.target ?? trail.target.port }];
  }
  const host = upstreamHost(trail, service);
  const alias = service.service?.externalName;
  return [{ host: alias ?? host, address: addressOf(trail, host), port: port.target ?? trail.target.port }];
}

/** Of what keeps the address that was asked for, or resolves a name that was said, there are no endpoints to choose from. */
function hasEndpoints({ resolution }: RegistryService): boolean {
  return resolution === 'STATIC' || resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
}

function isOpaque({ protocol }: RegistryPort): boolean {
  return protocol === 'TCP' || protocol === 'AUTO';
}

function leaveBy(
  world: World,
  trail: Trail,
  from: PodEnd,
  upstream: Upstream & { readonly policy: HopPolicy },
  { by = upstream.service.id, network, ...outside }: End,
): MeshAnswer {
  const { service, layer, chosen, policy } = upstream;
  const diversion = diversionOf(trail.target, service, outside, chosen);
  const share = by === service.id || diversion !== undefined ? '' : `takes a share of ${service.host}, and `;
  const found: Finding = { layer, object: by, reason: `${share}${towards(outside, isOriginating(policy))}` };
  const known = { ...passed(diversion ? withDiversion(trail, layer, diversion) : trail, found), diversion };
  const fault = hopFault(policy, upstream);
  if (fault !== undefined) return stopped(known, fault);
  const alias = service.service?.externalName === undefined ? undefined : service.service;
  const doubts = [
    tunnelling(policy, layer),
    ...(network === undefined ? [] : [abroad(by, network, layer)]),
    ...(alias === undefined ? [] : [aliased(alias, layer)]),
    ...(upstream.carriesTls ? wrapping(world, service, layer) : []),
  ];
  const doubted = doubts.reduce((one: Trail, doubt) => (doubt === undefined ? one : passed(one, doubt)), known);
  return pastNetwork(world, doubted, from, outside);
}

/** Whoever is reached may be asked to connect to somewhere else, and does it or not. */
export function tunnelling({ object, tunnelTo }: HopPolicy, layer: Finding['layer']): Finding | undefined {
  if (tunnelTo === undefined) return undefined;
  const reason = `has the proxy ask for a connection to ${tunnelTo} there (tunnel)`;
  return { layer, object, reason, certain: false, doubt: 'object' };
}

function abroad(object: string, network: string, layer: Finding['layer']): Finding {
  const reason = `is in the network ${network}, whose gateways are not known here`;
  return { layer, object, reason, certain: false, doubt: 'object' };
}

function isOriginating({ tls }: HopPolicy): boolean {
  return tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL';
}

/** What DestinationRules say by which a connection gets nowhere outside. */
function hopFault(policy: HopPolicy, { service, subset, layer, carriesTls, chosen }: Upstream): Finding | undefined {
  const { object, hasSubset, keepsAddress, tls } = policy;
  if (!hasSubset) {
    const reason = `leads to subset ${subset ?? ''}, which no DestinationRule in force has`;
    return { layer, object: chosen?.object ?? service.id, reason };
  }
  // A sidecar gets there under the address of its name.
  if (keepsAddress && layer !== 'sidecar') {
    const reason = 'keeps the address that was asked for, which is that of the proxy itself';
    return { layer, object, reason, certain: layer === 'gateway', doubt: 'object' };
  }
  if (tls?.mode === 'ISTIO_MUTUAL') {
    const isInternal = service.entry?.location === 'MESH_INTERNAL';
    const reason = 'has the proxy speak the TLS of the mesh, which no server outside the mesh accepts';
    return { layer, object, reason, certain: !isInternal, doubt: 'object' };
  }
  const isTwice = isOriginating(policy) && carriesTls;
  return isTwice ? { layer, object, reason: 'wraps the TLS of the application in TLS of its own' } : undefined;
}

/** Routes of sidecars are told where they are taken, those of gateways only when they lead somewhere else. */
function withDiversion(trail: Trail, layer: Finding['layer'], { object, reason }: Diversion): Trail {
  const told = trail.steps.some((step) => step.object === object && step.reason === reason);
  return told ? trail : passed(trail, { layer, object, reason });
}

/** A proxy resolves the host of the service; one that keeps the original destination makes nothing of the name. */
function upstreamHost({ target }: Trail, { host, resolution }: RegistryService): string {
  const isLabel = isPattern(host) || resolution === 'NONE';
  return isLabel ? (target.host ?? '') : host;
}

/** The address that the client had, as long as it is still about the host that it asked for. */
function addressOf({ target }: Trail, host: string): string {
  return target.host === undefined || target.host === host ? (target.address ?? '') : '';
}

function towards({ host, address, port }: Outside, originates: boolean): string {
  return `leaves for ${host === '' ? address : host} port ${port}${originates ? ', with TLS made by the proxy' : ''}`;
}

/** Leaves for what the workload asked for, as far as the finding goes. */
export function leaveAsAsked(world: World, trail: Trail, from: PodEnd, finding: Finding): MeshAnswer {
  const { host = '', address = '', port } = trail.target;
  return pastNetwork(world, passed(trail, finding), from, { host, address, port });
}

/** A route has led to pods of the cluster that are no gateway of the mesh, among them proxies of another make. */
export function carriedOn({ id }: Pick<RegistryService, 'id'>, layer: Finding['layer']): Finding {
  const reason = 'is inside the cluster and no gateway of the mesh: whether it carries the flow on is not known';
  return { layer, object: id, reason, certain: false, doubt: 'object' };
}

/** Asks the network policies of the pod that opens the connection, whoever has the address that it goes to. */
export function pastNetwork({ network }: World, trail: Trail, from: PodEnd, outside: Outside): MeshAnswer {
  const { names, protocol } = trail.target;
  const wire = { port: outside.port, protocol };
  const host = outside.host || undefined;
  const nowhere: Reached = { end: { kind: 'outside', host, address: undefined, names }, wire };
  const reached = outside.address === '' ? [nowhere] : network.endsOf(outside.address, wire);
  const answers = reached.map(({ end, wire: there }) =>
    network.leaves(from, end.kind === 'outside' ? { ...end, host, names } : end, there),
  );
  const answer = agreed(answers);
  const finding = networkFinding(answer);
  return answer.allowed === 'no' ? stopped(trail, finding) : left(passed(trail, finding), outside);
}

/** A Service may lead to several pods, and nobody knows to which. */
function agreed(answers: readonly NetworkAnswer[]): NetworkAnswer {
  const worst = strictest(answers);
  if (answers.every(({ allowed }) => allowed === worst.allowed)) return worst;
  return {
    ...worst,
    allowed: 'unknown',
    reason: 'lets through to some of the pods behind the Service, and not to others',
  };
}
