import { formatAddress, parseAddress } from '../../../net/address.ts';
import {
  left,
  oneOf,
  passed,
  saidByNetwork,
  stopped,
  type Diversion,
  type Finding,
  type MeshAnswer,
  type Outside,
  type Trail,
} from '../answer.ts';
import { diversionOf, type Chosen } from './diversion.ts';
import { endpointPort } from '../registry/endpoints.ts';
import { isPattern } from '../registry/host.ts';
import type { Reached } from '../../network/ends/cluster.ts';
import { strictest, type NetworkAnswer } from '../../network/decide.ts';
import type { PodEnd } from '../../network/ends/ends.ts';
import type { RegistryPort, RegistryService } from '../registry/registry.ts';
import type { World } from '../world.ts';

/** What a proxy makes of a connection to a service outside: where to, and whether it wraps it in TLS. */
export interface Upstream {
  readonly service: RegistryService;
  readonly port: RegistryPort;
  readonly layer: 'sidecar' | 'gateway' | 'waypoint';
  /** Does the application's own TLS pass through? */
  readonly carriesTls: boolean;
  /** The route that leads to the service, or how the service came to be chosen. */
  readonly chosen?: Chosen | undefined;
}

/** Leaves for a service of the registry, from a pod: by its endpoints, through its target port, and past network policies. */
export function leaveFor(world: World, trail: Trail, from: PodEnd, upstream: Upstream): MeshAnswer {
  const ends = endsOf(trail, upstream);
  if (ends.length === 0) {
    const { layer, service } = upstream;
    return stopped(trail, { layer, object: service.id, reason: 'leads to no endpoint' });
  }
  return oneOf(
    ends.map((end) => {
      const { by } = end;
      const isOwn = by === undefined || by === upstream.service.id;
      const chosen = isOwn ? upstream.chosen : { object: by, reason: `takes a share of ${upstream.service.host}` };
      return leaveBy(world, trail, from, { ...upstream, chosen }, end);
    }),
  );
}

interface End extends Outside {
  /** The object that leads there, where that is not the service itself. */
  readonly by?: string;
}

/** Where the connection may end: at one of the endpoints of the service, those of others first; else at its host. */
function endsOf(trail: Trail, { service, port }: Upstream): readonly End[] {
  const { resolution, id } = service;
  const endpoints = service.endpoints.flatMap((endpoint) => {
    const number = endpointPort(endpoint, port, resolution);
    return number === undefined ? [] : [{ ...endpoint, port: number }];
  });
  if (endpoints.length === 0 && resolution === 'STATIC') return [];
  if (endpoints.length > 0) {
    return [...endpoints]
      .sort((a, b) => Number(a.by === id) - Number(b.by === id))
      .flatMap(({ at, by, port: number }): readonly End[] => {
        const isAddress = parseAddress(at) !== undefined;
        if (!isAddress && resolution === 'STATIC') return [];
        const where = isAddress ? { host: '', address: at } : { host: at.toLowerCase(), address: '' };
        return [{ ...where, port: number, by }];
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

function isOpaque({ protocol }: RegistryPort): boolean {
  return protocol === 'TCP' || protocol === 'AUTO';
}

function leaveBy(
  world: World,
  trail: Trail,
  from: PodEnd,
  { service, port, layer, carriesTls, chosen }: Upstream,
  { by = service.id, ...outside }: End,
): MeshAnswer {
  const { target } = trail;
  const policy = world.policyOf({
    from: { namespace: from.namespace, podLabels: from.labels },
    to: service,
    port: port.number,
    subset: undefined,
  });
  const originates = policy.tls?.mode === 'SIMPLE' || policy.tls?.mode === 'MUTUAL';
  const diversion = diversionOf(target, service, outside, chosen);
  const share = by === service.id || diversion !== undefined ? '' : `takes a share of ${service.host}, and `;
  const found: Finding = { layer, object: by, reason: `${share}${towards(outside, originates)}` };
  const known = { ...passed(diversion ? withDiversion(trail, layer, diversion) : trail, found), diversion };
  if (policy.tls?.mode === 'ISTIO_MUTUAL') {
    const isInternal = service.entry?.location === 'MESH_INTERNAL';
    const reason = 'has the proxy speak the TLS of the mesh, which no server outside the mesh accepts';
    const finding: Finding = { layer, object: policy.object, reason, certain: !isInternal };
    return stopped(known, isInternal ? { ...finding, doubt: 'object' } : finding);
  }
  if (!originates || !carriesTls) return pastNetwork(world, known, from, outside);
  return stopped(known, { layer, object: policy.object, reason: 'wraps the TLS of the application in TLS of its own' });
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
  const finding = saidByNetwork(answer);
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
