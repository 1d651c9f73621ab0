import type { ForeignCollision } from '../../src/adapter/adapter.ts';
import type { KubernetesObject, KubernetesObjects } from '../../src/adapter/kubernetes/objects.ts';
import { isOwned, type Ownership } from '../../src/adapter/kubernetes/ownership.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { IstioConfig } from './config.ts';
import { listOf, mapOf, textOf, textsOf } from './fields.ts';
import { destinationName, sidecarName } from './identity.ts';
import { gatewaysOf } from './lower/floor.ts';
import { marks } from './mesh-object.ts';
import { kinds } from './names.ts';

/**
 * Objects of others that speak for a host as ours do, or would: two of them leave undefined which one proxies follow, so
 * ours is held back and the other is told. They are named by the ServiceEntry that we have for the host, or would have.
 */
export async function survey(
  objects: KubernetesObjects,
  ours: readonly Resource[],
  config: IstioConfig,
  ownership: Ownership,
): Promise<readonly ForeignCollision[]> {
  const [entries, routes, rules, sidecars] = await Promise.all(
    [kinds.serviceEntry, kinds.virtualService, kinds.destinationRule, kinds.sidecar].map(async (kind) =>
      (await objects.list(kind)).filter((object) => !isOwned(object, ownership)),
    ),
  );
  const written = entriesByHost(ours);
  const claims = [...(entries ?? []), ...(routes ?? []).filter(isForMesh), ...(rules ?? [])];
  return [
    ...claims.flatMap((object) =>
      hostsOf(object)
        .filter((host) => isExternal(host, config))
        .flatMap((host) =>
          keysFor(host, written, config, ownership).map((name) => ({
            kind: kinds.serviceEntry.kind,
            name,
            found: told(object, host),
          })),
        ),
    ),
    ...(sidecars ?? []).filter(isForAll).map((object) => ({
      kind: kinds.sidecar.kind,
      name: `${object.metadata.namespace ?? ''}/${sidecarName(ownership.owner)}`,
      found: `${told(object, 'all workloads')}: of two such Sidecars it is undefined which one counts`,
    })),
  ];
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

function isForAll({ spec }: KubernetesObject): boolean {
  const { workloadSelector } = mapOf(spec);
  return Object.keys(mapOf(mapOf(workloadSelector)['labels'])).length === 0;
}

function isExternal(host: string, { clusterDomain }: IstioConfig): boolean {
  return host.includes('.') && !host.endsWith(`.${clusterDomain}`) && !host.endsWith('.svc');
}

function entriesByHost(ours: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { kind, name, spec } of ours) {
    if (kind !== kinds.serviceEntry.kind) continue;
    const host = textOf(mapOf(spec['annotations'])[marks.host]) || textOf(listOf(mapOf(spec['spec'])['hosts'])[0]);
    found.set(host, [...(found.get(host) ?? []), name]);
  }
  return found;
}

/** What goes straight out has names that depend on who uses them, so there only what is written already is known. */
function keysFor(
  host: string,
  written: ReadonlyMap<string, readonly string[]>,
  config: IstioConfig,
  { owner }: Ownership,
): readonly string[] {
  if (config.plane === 'direct') return written.get(host) ?? [];
  const homes = config.plane === 'gateway' ? gatewaysOf({ config }) : [config.waypoint];
  return homes.map((home) => `${home.namespace}/${destinationName(owner, host, home)}`);
}
