import {
  left,
  passed,
  stopped,
  type Diversion,
  type Finding,
  type MeshAnswer,
  type Outside,
  type Trail,
} from '../answer.ts';
import { diversionOf, type Chosen } from './diversion.ts';
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

/** Leaves for a service of the registry, from a pod: by its addresses, through its target port, and past network policies. */
export function leaveFor(
  world: World,
  trail: Trail,
  from: PodEnd,
  { service, port, layer, carriesTls, chosen }: Upstream,
): MeshAnswer {
  const { target } = trail;
  const host = upstreamHost(trail, service);
  const alias = service.service?.externalName;
  const given = service.entry?.endpoints.flatMap(({ address }) => address ?? []) ?? [];
  const address = service.resolution === 'STATIC' ? (given[0] ?? '') : addressOf(trail, host);
  const outside = { host: alias ?? host, address, port: port.target ?? target.port };
  const policy = world.policyOf({
    from: { namespace: from.namespace, podLabels: from.labels },
    to: service,
    port: port.number,
    subset: undefined,
  });
  const originates = policy.tls?.mode === 'SIMPLE' || policy.tls?.mode === 'MUTUAL';
  const found: Finding = { layer, object: service.id, reason: towards(outside, originates) };
  const diversion = diversionOf(target, service, outside, chosen);
  const known = { ...passed(diversion ? withDiversion(trail, layer, diversion) : trail, found), diversion };
  if (!originates || !carriesTls) return pastNetwork(world, known, from, outside);
  return pastNetwork(
    world,
    passed(known, {
      layer,
      object: policy.object,
      reason: 'wraps TLS in TLS, which the other side may refuse',
      certain: false,
    }),
    from,
    outside,
  );
}

/** Routes of sidecars are told where they are taken, those of gateways only when they lead somewhere else. */
function withDiversion(trail: Trail, layer: Finding['layer'], { object, reason }: Diversion): Trail {
  const told = trail.steps.some((step) => step.object === object && step.reason === reason);
  return told ? trail : passed(trail, { layer, object, reason });
}

/** A proxy resolves the host of the service; one that keeps the original destination makes nothing of the name. */
function upstreamHost({ target }: Trail, { host, resolution }: RegistryService): string {
  const isLabel = isPattern(host) || resolution === 'NONE' || (resolution === 'STATIC' && target.host === undefined);
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
  const { allowed, object, reason, byName } = agreed(answers);
  const certain = allowed !== 'unknown';
  const finding: Finding = {
    layer: 'network-policy',
    object,
    reason,
    certain,
    ...(byName === undefined && { doubt: 'object' }),
  };
  return allowed === 'no' ? stopped(trail, finding) : left(passed(trail, finding), outside);
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
