import type { MeshClient } from './answer.ts';
import { podOf } from './evaluate.ts';
import { networksOf, isIn } from '../values/networks.ts';
import { parseAddress } from '../../net/address.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import type { AuthorizationRule } from './objects/security.ts';
import type { Network } from '../network/network.ts';
import { keysOf } from '../values/selector.ts';

/** Workloads that every flow treats alike. */
export interface WorkloadClass<T extends MeshClient> {
  /** Equal for classes that differ in the ServiceAccount alone. */
  readonly kin: string;
  /** Any of them: what is judged of it holds for all. */
  readonly client: T;
  readonly members: readonly T[];
}

/**
 * Sorts workloads into classes that no object of the snapshot tells apart: equal in namespace, ServiceAccount and mesh mode, in
 * the labels that some selector asks for, and in which address blocks of policies they are. Ten thousand replicas are then
 * judged as often as there are kinds of them.
 */
export function classesOf<T extends MeshClient>(
  snapshot: MeshSnapshot,
  workloads: readonly T[],
  network: Network,
): readonly WorkloadClass<T>[] {
  const keys = [...relevantKeys(snapshot)].sort();
  const blocks = relevantBlocks(snapshot);
  const classes = new Map<string, WorkloadClass<T> & { readonly members: T[] }>();
  for (const client of workloads) {
    const { namespace, serviceAccount, meshed, podLabels } = client;
    const labels = keys.map((key) => podLabels[key] ?? null);
    const policies = network.subjectKey(podOf(client, network));
    const traffic = client.sidecar === undefined ? [] : Object.entries(client.sidecar).sort();
    const place = placeOf(client, blocks);
    const kin = JSON.stringify([namespace, meshed, traffic, policies, ...labels, place]);
    const key = `${serviceAccount} ${kin}`;
    const found = classes.get(key);
    if (found) found.members.push(client);
    else classes.set(key, { kin, client, members: [client] });
  }
  return [...classes.values()];
}

/** Equal for addresses of workloads that no policy tells apart. */
export function placesIn(snapshot: MeshSnapshot, { goesByAddress }: Network): (addresses: readonly string[]) => string {
  const blocks = relevantBlocks(snapshot);
  return (addresses) => (goesByAddress ? addresses.join() : placeOf({ addresses }, blocks));
}

/** Labels of clients that anything asks for: Sidecars, routes, network policies of gateways, EnvoyFilters, DestinationRules. */
function relevantKeys(snapshot: MeshSnapshot): ReadonlySet<string> {
  const maps = [
    ...snapshot.sidecars.map(({ workloadSelector }) => workloadSelector?.labels),
    ...snapshot.virtualServices.flatMap(({ http, tls, tcp }) =>
      [...http, ...tls, ...tcp].flatMap(({ match }) => match.map(({ sourceLabels }) => sourceLabels)),
    ),
    ...snapshot.destinationRules.map(({ workloadSelector }) => workloadSelector?.matchLabels),
    ...snapshot.proxyConfigs.map(({ selector }) => selector?.matchLabels),
    ...snapshot.extensions.map(({ selects }) => selects),
  ];
  const peers = snapshot.networkPolicies.flatMap(({ ingress }) => ingress).flatMap(({ from }) => from);
  const selectors = peers.map(({ podSelector }) => podSelector);
  return new Set([
    ...maps.flatMap((map) => Object.keys(map ?? {})),
    ...selectors.flatMap((selector) => (selector === undefined ? [] : keysOf(selector))),
  ]);
}

/** Every list of address blocks that a policy asks clients for. */
function relevantBlocks(snapshot: MeshSnapshot): readonly (readonly Cidr[])[] {
  const lists = [
    ...snapshot.authorizationPolicies.flatMap(({ rules }) => rules).flatMap(blocksOf),
    ...snapshot.networkPolicies
      .flatMap(({ ingress }) => ingress)
      .flatMap(({ from }) => from)
      .flatMap(({ ipBlock }) => (ipBlock ? [[ipBlock.cidr], ipBlock.except] : [])),
  ];
  return lists.filter((list) => list.length > 0).map(networksOf);
}

function blocksOf({ from, when }: AuthorizationRule): readonly (readonly string[])[] {
  return [
    ...from.flatMap(({ source }) => [
      source.ipBlocks,
      source.notIpBlocks,
      source.remoteIpBlocks,
      source.notRemoteIpBlocks,
    ]),
    ...when.filter(({ key }) => key.endsWith('.ip')).flatMap(({ values, notValues }) => [values, notValues]),
  ];
}

/** For each list of blocks, which of its addresses are in it; nothing where no policy asks. */
function placeOf({ addresses }: Pick<MeshClient, 'addresses'>, blocks: readonly (readonly Cidr[])[]): string {
  if (blocks.length === 0) return '';
  const parsed = (addresses ?? []).flatMap((text) => parseAddress(text) ?? []);
  return blocks.map((networks) => parsed.map((address) => (isIn(networks, address) ? 1 : 0)).join('')).join(' ');
}
