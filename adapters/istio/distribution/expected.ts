import { maxOf } from '../../../src/core/model/extremes.ts';
import type { Written } from '../../../kit/kubernetes/object-layer.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { gatewaysOf, type IstioConfig } from '../config.ts';
import { mapOf } from '../objects/fields.ts';
import { kinds } from '../objects/kinds.ts';
import { marks } from '../objects/mesh-object.ts';
import { isWhole, namespaceOf } from '../objects/policy-sources.ts';
import { gatewayName, hasLabels, type MeshPod } from './pods.ts';
import type { Due } from './proxy-lag.ts';

/*
 * Whose proxies should have what was written, and since when it has been there for them. Times are milliseconds since the
 * epoch; of objects they are full seconds, as the API server has them.
 */

/** A gateway or a waypoint: no other proxy refuses what it should refuse. */
export interface ExpectedGateway {
  /** `istio-egress/egressgateway` */
  readonly name: string;
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly due: Due;
}

export interface Expected {
  readonly gateways: readonly ExpectedGateway[];
  /** Those with workloads that it is about. */
  readonly namespaces: readonly string[];
  readonly isSubject: (pod: MeshPod) => boolean;
  /** What the sidecars of a namespace should have. */
  readonly due: (namespace: string) => Due;
  /** The ports that were granted to a namespace. */
  readonly ports: (namespace: string) => ReadonlySet<number>;
}

export function expectedOf(config: IstioConfig, { objects, removedAt }: Written<Resource>): Expected {
  const subjects = new Set(objects.flatMap(({ resource }) => subjectsOf(resource)));
  const seen = new Map<string, { at: number; needs?: Due['needs']; readonly ports: Set<number> }>();
  for (const { resource, writtenAt } of objects) {
    for (const namespace of shownTo(resource)) {
      const known = seen.get(namespace) ?? { at: removedAt, ports: new Set() };
      known.at = Math.max(known.at, writtenAt);
      known.needs ??= neededFor(resource);
      for (const port of portsOf(resource)) known.ports.add(port);
      seen.set(namespace, known);
    }
  }
  const dueIn = (namespace: string): Due => {
    const own = objects.filter(({ resource }) => namespaceOf(resource.name) === namespace);
    const needs = own.map(({ resource }) => neededFor(resource)).find((version) => version !== undefined);
    return { writtenAt: Math.max(removedAt, maxOf(own.map(({ writtenAt }) => writtenAt))), needs };
  };
  const nothing: ReadonlySet<number> = new Set();
  return {
    gateways: placesOf(config).map((place) => ({ ...place, due: dueIn(place.namespace) })),
    namespaces: [...new Set([...subjects].map(namespaceOf))].sort(),
    isSubject: ({ account, namespace }) => subjects.has(account) || subjects.has(`${namespace}/*`),
    due: (namespace) => {
      const { at: writtenAt = removedAt, needs } = seen.get(namespace) ?? {};
      return { writtenAt, needs };
    },
    ports: (namespace) => seen.get(namespace)?.ports ?? nothing,
  };
}

/** Which of the pods are those of a gateway. */
export function isOf({ namespace, selector }: ExpectedGateway, pod: MeshPod): boolean {
  return pod.namespace === namespace && hasLabels(pod, selector);
}

function placesOf(config: IstioConfig): readonly Omit<ExpectedGateway, 'due'>[] {
  switch (config.plane) {
    case 'direct':
      return [];
    case 'gateway':
      return gatewaysOf(config).map(({ namespace, service, selector }) => {
        return { name: `${namespace}/${service}`, namespace, selector };
      });
    case 'ambient': {
      const { namespace, name } = config.waypoint;
      return [{ name: `${namespace}/${name}`, namespace, selector: { [gatewayName]: name } }];
    }
  }
}

/** `shop/checkout`, or `shop/*` for all of a namespace: a Sidecar exists without any grant, too. */
function subjectsOf({ kind, name, members = [], spec }: Resource): readonly string[] {
  if (kind === kinds.sidecar.kind) return [`${namespaceOf(name)}/*`];
  const isGrant = kind === kinds.authorizationPolicy.kind && mapOf(spec['labels'])[marks.role] === undefined;
  return isGrant ? members : [];
}

/** A proxy resolves wildcards by itself since then; istiod sends them to older ones, too. */
function neededFor({ kind, spec }: Resource): Due['needs'] {
  const isDynamic = kind === kinds.serviceEntry.kind && mapOf(spec['spec'])['resolution'] === 'DYNAMIC_DNS';
  return isDynamic ? [1, 30] : undefined;
}

/** The namespaces whose sidecars are sent it. */
function shownTo({ kind, name, members = [] }: Resource): readonly string[] {
  if (kind === kinds.sidecar.kind) return [namespaceOf(name)];
  const isExported = kind === kinds.serviceEntry.kind || kind === kinds.virtualService.kind;
  return isExported ? members.filter((member) => !isPort(member)) : [];
}

function portsOf({ kind, members = [] }: Resource): readonly number[] {
  return kind === kinds.serviceEntry.kind ? members.filter(isPort).map((member) => Number.parseInt(member, 10)) : [];
}

/** `443/TLS`: members of a ServiceEntry are namespaces and ports. */
function isPort(member: string): boolean {
  return /^\d+\//.test(member) && !isWhole(member);
}
