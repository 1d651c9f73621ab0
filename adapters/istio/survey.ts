import type { ForeignCollision } from '../../src/adapter/adapter.ts';
import type { KubernetesObject, KubernetesObjects } from '../../src/adapter/kubernetes-objects.ts';
import { isOwned, type Ownership } from '../../kit/kubernetes/ownership.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { GatewayRef, IstioConfig } from './config.ts';
import { listOf, mapOf, textOf, textsOf } from './fields.ts';
import { destinationName, sidecarName } from './identity.ts';
import { gatewaysOf } from './lower/floor.ts';
import { marks } from './mesh-object.ts';
import { kinds } from './names.ts';
import { isForSome, podLabels, selects } from './others.ts';

/** A host that objects of others speak for, and what they are. */
export interface Claim {
  readonly host: string;
  readonly told: string;
}

export interface Survey {
  readonly foreign: readonly ForeignCollision[];
  readonly claims: readonly Claim[];
}

/**
 * Objects of others that speak for a host as ours do, or would: two of them leave undefined which one proxies follow, so
 * ours is held back and the other is told. They are named by the objects that we have for the host, or would have.
 */
export async function survey(
  objects: KubernetesObjects,
  ours: readonly Resource[],
  config: IstioConfig,
  ownership: Ownership,
): Promise<Survey> {
  const [entries, routes, rules, sidecars, gateways] = await Promise.all(
    [kinds.serviceEntry, kinds.virtualService, kinds.destinationRule, kinds.sidecar, kinds.gateway].map(async (kind) =>
      (await objects.list(kind)).filter((object) => !isOwned(object, ownership)),
    ),
  );
  const written = entriesByHost(ours);
  const claiming = [...(entries ?? []), ...(routes ?? []).filter(isForMesh), ...(rules ?? [])];
  const claims = claiming.flatMap((object) =>
    hostsOf(object)
      .filter((host) => isExternal(host, config))
      .map((host) => ({ host, told: told(object, host) })),
  );
  const held = claims.flatMap(({ host, told: found }) =>
    keysFor(host, written, config, ownership).map((key) => ({ ...key, found })),
  );
  const open = (sidecars ?? []).filter((sidecar) => !isForSome(sidecar));
  const foreign = [
    ...held,
    ...(config.plane === 'gateway' ? await listeners(gateways ?? [], objects, config, ownership) : []),
    ...(config.plane === 'ambient' ? [] : open.map((sidecar) => inPlaceOf(sidecar, ownership))),
  ];
  return { foreign, claims };
}

function inPlaceOf(sidecar: KubernetesObject, { owner }: Ownership): ForeignCollision {
  return {
    kind: kinds.sidecar.kind,
    name: `${sidecar.metadata.namespace ?? ''}/${sidecarName(owner)}`,
    found: `${told(sidecar, 'all workloads')}: of two such Sidecars it is undefined which one counts`,
  };
}

/** Of two servers for one host on the pods of a gateway, one is dropped, or all of the port's are refused. */
async function listeners(
  theirs: readonly KubernetesObject[],
  objects: KubernetesObjects,
  config: IstioConfig,
  { owner }: Ownership,
): Promise<readonly ForeignCollision[]> {
  const found = gatewaysOf({ config }).map(async (gateway) => {
    const labels = await podLabels(gateway, objects);
    return theirs
      .filter(({ spec }) => selects(mapOf(mapOf(spec)['selector']), labels))
      .flatMap((object) =>
        serversOf(object).map((host) => ({
          kind: kinds.gateway.kind,
          name: nameAt(gateway, host, owner),
          found: told(object, host),
        })),
      );
  });
  return (await Promise.all(found)).flat();
}

function serversOf({ spec }: KubernetesObject): readonly string[] {
  const hosts = listOf(mapOf(spec)['servers']).flatMap((server) => textsOf(mapOf(server)['hosts']));
  return hosts.map((host) => host.slice(host.indexOf('/') + 1));
}

function told({ kind, metadata }: KubernetesObject, what: string): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name} for ${what}`;
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
  const found = new Map<string, string[]>();
  for (const resource of ours) {
    if (resource.kind !== kinds.serviceEntry.kind) continue;
    const host = hostOf(resource);
    const names = found.get(host);
    if (names === undefined) found.set(host, [resource.name]);
    else names.push(resource.name);
  }
  return found;
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
      return gatewaysOf({ config }).flatMap((gateway) =>
        [kinds.virtualService.kind, entry].map((kind) => ({ kind, name: nameAt(gateway, host, owner) })),
      );
  }
}

function nameAt(gateway: GatewayRef, host: string, owner: Ownership['owner']): string {
  return `${gateway.namespace}/${destinationName(owner, host, gateway)}`;
}
