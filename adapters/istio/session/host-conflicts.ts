import { isOwned, type Ownership } from '../../../kit/kubernetes/ownership.ts';
import type { ForeignCollision } from '../../../src/adapter/adapter.ts';
import type { KubernetesObject, KubernetesObjects, ObjectKind } from '../../../src/adapter/kubernetes-objects.ts';
import { grouped } from '../../../src/core/model/grouped.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { gatewaysOf, type GatewayRef, type IstioConfig } from '../config.ts';
import { listOf, mapIn, mapOf, textOf, textsOf } from '../objects/fields.ts';
import { kinds, read, routeKinds } from '../objects/kinds.ts';
import { marks } from '../objects/mesh-object.ts';
import { destinationName, seenName, sidecarName } from '../objects/names.ts';
import { isForSome, podLabels, selects } from './foreign-objects.ts';
import { listed } from './prerequisites.ts';

/** A host of an object that is not ours. */
export interface HostConflict {
  readonly host: string;
  /** The object, for people. */
  readonly found: string;
}

export interface Conflicts {
  readonly foreign: readonly ForeignCollision[];
  readonly hosts: readonly HostConflict[];
}

/**
 * Objects of others for a host of ours, or for one that we would write: of two it is undefined which one proxies follow,
 * so ours is held back and the other reported. They are named by the objects that we have for the host, or would have.
 */
export async function findConflicts(
  objects: KubernetesObjects,
  ours: readonly Resource[],
  config: IstioConfig,
  ownership: Ownership,
): Promise<Conflicts> {
  const others = async (kind: ObjectKind): Promise<readonly KubernetesObject[]> =>
    (await objects.list(kind)).filter((object) => !isOwned(object, ownership));
  const routes = (await others(kinds.virtualService)).filter(isForMesh);
  const withHosts = [...(await others(kinds.serviceEntry)), ...routes, ...(await others(kinds.destinationRule))];
  const hosts = withHosts.flatMap((object) =>
    hostsOf(object)
      .filter((host) => isExternal(host, config))
      .map((host) => ({ host, found: described(object, host) })),
  );
  const written = entriesByHost(ours);
  const diverted = await divertedBy(objects, ours, ownership);
  const byHost = [...hosts, ...diverted].flatMap(({ host, found }) =>
    keysFor(host, written, config, ownership).map((key) => ({ ...key, found })),
  );
  const atGateways =
    config.plane === 'gateway' ? await sameServers(await others(kinds.gateway), objects, config, ownership) : [];
  const sidecars = config.plane === 'ambient' ? [] : await others(kinds.sidecar);
  const ofNamespaces = sidecars.filter((sidecar) => !isForSome(sidecar)).map((one) => sameNamespace(one, ownership));
  return { foreign: [...byHost, ...atGateways, ...ofNamespaces], hosts: [...hosts, ...diverted] };
}

/** Routes of the Gateway API that take the clients of one of our entries elsewhere. */
async function divertedBy(
  objects: KubernetesObjects,
  ours: readonly Resource[],
  ownership: Ownership,
): Promise<readonly HostConflict[]> {
  const entries = ours.filter(({ kind }) => kind === kinds.serviceEntry.kind);
  const hosts = new Map(entries.map((entry) => [entry.name, hostOf(entry)]));
  const { httpRoute, tlsRoute, tcpRoute } = routeKinds;
  const routes = await Promise.all(
    [httpRoute, tlsRoute, tcpRoute, read.grpcRoute].map((kind) => listed(objects, kind)),
  );
  return routes
    .flat()
    .filter((route) => !isOwned(route, ownership))
    .flatMap((route) =>
      entriesOf(route).flatMap((name) => {
        const host = hosts.get(name);
        return host === undefined ? [] : [{ host, found: described(route, host) }];
      }),
    );
}

/** The ServiceEntries that a route is for, `namespace/name`. */
function entriesOf({ metadata, spec }: KubernetesObject): readonly string[] {
  return listOf(mapOf(spec)['parentRefs'])
    .map(mapOf)
    .filter(({ kind }) => kind === kinds.serviceEntry.kind)
    .map(({ namespace, name }) => `${textOf(namespace) || (metadata.namespace ?? '')}/${textOf(name)}`);
}

function sameNamespace(sidecar: KubernetesObject, { owner }: Ownership): ForeignCollision {
  return {
    kind: kinds.sidecar.kind,
    name: `${sidecar.metadata.namespace ?? ''}/${sidecarName(owner)}`,
    found: `${described(sidecar, 'all workloads')}: of two such Sidecars it is undefined which one counts`,
  };
}

/** Of two servers for one host on the pods of a gateway, one is dropped, or all of the port's are refused. */
async function sameServers(
  theirs: readonly KubernetesObject[],
  objects: KubernetesObjects,
  config: IstioConfig,
  { owner }: Ownership,
): Promise<readonly ForeignCollision[]> {
  const collisions: ForeignCollision[] = [];
  for (const gateway of gatewaysOf(config)) {
    const labels = await podLabels(gateway, objects);
    for (const object of theirs.filter(({ spec }) => selects(mapIn(spec, 'selector'), labels))) {
      for (const host of serversOf(object)) {
        const name = nameAt(gateway, host, config.api, owner);
        const kind = config.api === 'Istio' ? kinds.gateway.kind : routeKinds.gateway.resource;
        collisions.push({ kind, name, found: described(object, host) });
      }
    }
  }
  return collisions;
}

function serversOf({ spec }: KubernetesObject): readonly string[] {
  const hosts = listOf(mapOf(spec)['servers']).flatMap((server) => textsOf(mapOf(server)['hosts']));
  return hosts.map((host) => host.slice(host.indexOf('/') + 1));
}

function described({ kind, metadata }: KubernetesObject, host: string): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name} for ${host}`;
}
function hostsOf({ spec }: KubernetesObject): readonly string[] {
  const { hosts, host } = mapOf(spec);
  return host === undefined ? textsOf(hosts) : [textOf(host)];
}

/** Routes that are for gateways only do not meet ours. */
function isForMesh({ spec }: KubernetesObject): boolean {
  const gateways = textsOf(mapOf(spec)['gateways']);
  return gateways.length === 0 || gateways.includes('mesh');
}

function isExternal(host: string, { clusterDomain }: IstioConfig): boolean {
  return host.includes('.') && !host.endsWith(`.${clusterDomain}`) && !host.endsWith('.svc');
}

function entriesByHost(ours: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  const entries = ours.filter(({ kind }) => kind === kinds.serviceEntry.kind);
  return grouped(entries.map((entry) => [hostOf(entry), entry.name]));
}

export function hostOf({ spec }: Resource): string {
  return textOf(mapOf(spec['annotations'])[marks.host]) || textOf(listOf(mapOf(spec['spec'])['hosts'])[0]);
}

/** What goes straight out has names that depend on who uses them, so there only what is written already is known. */
function keysFor(
  host: string,
  written: ReadonlyMap<string, readonly string[]>,
  config: IstioConfig,
  { owner }: Ownership,
): readonly Omit<ForeignCollision, 'found'>[] {
  const entry = kinds.serviceEntry.kind;
  switch (config.plane) {
    case 'direct':
      return (written.get(host) ?? []).map((name) => ({ kind: entry, name }));
    case 'ambient':
      return [{ kind: entry, name: `${config.waypoint.namespace}/${destinationName(owner, host, config.waypoint)}` }];
    case 'gateway':
      return gatewaysOf(config).flatMap((gateway) => {
        const name = nameAt(gateway, host, config.api, owner);
        return [
          { kind: kinds.virtualService.kind, name },
          { kind: entry, name },
          ...(config.api === 'Istio' ? [] : [{ kind: entry, name: seenName(name) }]),
        ];
      });
  }
}

function nameAt(gateway: GatewayRef, host: string, api: IstioConfig['api'], owner: Ownership['owner']): string {
  return `${gateway.namespace}/${destinationName(owner, host, { ...gateway, api })}`;
}
