import type { GatewayRef, IstioConfig } from '../../adapters/istio/config.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import type { ExternalService } from '../../src/api/kinds.ts';
import { nameCovers } from '../../src/net/name.ts';
import { NetworkSet } from '../../src/net/network-set.ts';
import type { MeshTarget } from '../../src/verify/mesh/answer.ts';
import type { PlayedFlow } from './istiod-engine.ts';
import type { Wish } from './mesh-losses.ts';

/*
 * The flows of a cluster that are of interest: requested ones, unrequested ones, and a few ways of asking for
 * something else than is said.
 */

/** What the matrix says of one workload and one destination. */
export interface Row {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly destination: string;
  readonly port: number | string;
  readonly verdict: string;
}

export interface Client {
  readonly from: string;
  readonly namespace: string;
  readonly account: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
}

export function clientsIn(world: readonly KubernetesObject[]): readonly Client[] {
  return world.flatMap(({ kind, metadata, ...rest }) => {
    const { spec, status } = rest as { spec?: { serviceAccountName?: string }; status?: { podIP?: string } };
    const { namespace = '', name, labels = {} } = metadata;
    if (kind !== 'Pod' || status?.podIP === undefined || /gateway|egress/.test(name)) return [];
    const account = spec?.serviceAccountName ?? 'default';
    return [{ from: `${namespace}/${name}`, namespace, account, labels, address: status.podIP }];
  });
}

export interface Asked {
  readonly flow: PlayedFlow;
  readonly client: Client;
  readonly target?: MeshTarget;
  /** Empty: it was not requested. */
  readonly wishes: readonly Wish[];
}

type How = 'tls' | 'http' | 'tcp';

export interface Wanted {
  readonly services: readonly ExternalService[];
  readonly config: IstioConfig;
  readonly rows: readonly Row[];
  readonly gateways: readonly GatewayRef[];
}

export function flowsOf(client: Client, { services, config, rows, gateways }: Wanted): readonly Asked[] {
  const { plane } = config;
  const straightTo = plane === 'gateway' ? gateways.map(podOf) : [];
  const asked = new Map<string, Asked>();
  const add = (to: string, port: number, how: How, wish?: Wish, more: Partial<PlayedFlow> = {}): void => {
    const said = Object.entries(more).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    const id = [client.from, to, port, how, ...said].join(' ');
    const known = asked.get(id);
    const target = said.length > 0 ? undefined : targetOf(to, port, how);
    const spoken = plane === 'ambient' ? { how: 'hbone' as const, inner: { how } } : { how };
    const flow: PlayedFlow = { id, from: client.from, to, port, ...spoken, ...more };
    const wishes = [...(known?.wishes ?? []), ...(wish === undefined ? [] : [wish])];
    asked.set(id, { flow, client, ...(target && { target }), wishes });
  };
  const byName = services.flatMap((service) => placesOf(service).map((place) => ({ service, ...place })));
  // There is no ztunnel that would take what no entry is about past the waypoint.
  for (const { service, to, isMeant } of plane === 'ambient' ? byName.filter((place) => place.isMeant) : byName) {
    for (const { port, how, outside } of doorsOf(service)) {
      const isWanted = isMeant && isAccepted(rows, client, service.metadata.name, outside);
      const wish = {
        account: `${client.namespace}/${client.account}`,
        to,
        port,
        outside,
        originate: service.spec.tls === 'Originate',
      };
      add(to, port, how, isWanted ? wish : undefined);
      if (plane === 'ambient') continue;
      if (how === 'http') add(to, port, how, undefined, { host: `${to}:8443` });
      if (how === 'tls') add(to, port, how, undefined, { at: '203.0.113.254' });
      for (const { at, onPods } of how === 'tcp' ? [] : straightTo) {
        const straight = { how: 'mtls', as: 'proxy', sni: to, inner: { how, to } } as const;
        add(to, onPods(port), how, undefined, { ...straight, at });
      }
    }
  }
  if (plane === 'ambient') return [...asked.values()];
  for (const { to } of byName) add(to, 8443, 'tls');
  add('evil.test', 443, 'tls');
  add('evil.test', 80, 'http');
  add('203.0.113.254', 5432, 'tcp');
  add('203.0.113.254', 9001, 'tcp');
  return [...asked.values()];
}

/** A gateway may be asked past the sidecar, with the certificate that the pod has. */
function podOf({ namespace, service, ports }: GatewayRef): { at: string; onPods: (port: number) => number } {
  return { at: `pod:${namespace}/${service}-0`, onPods: (port) => ports?.[port] ?? port };
}

function targetOf(to: string, port: number, how: How): MeshTarget {
  const where = isAddress(to) ? { address: to } : { host: to, names: [] };
  return { ...where, port, protocol: 'TCP', appProtocol: how, method: 'GET', path: '/' };
}

function isAddress(to: string): boolean {
  return /^[\d.]+$/.test(to);
}

/** Each name, one below each wildcard and its apex, and an address of each network. */
function placesOf({ spec }: ExternalService): readonly { readonly to: string; readonly isMeant: boolean }[] {
  const names = (spec.domainNames ?? []).flatMap((name) =>
    name.startsWith('*.')
      ? [
          { to: `a.b.${name.slice(2)}`, isMeant: true },
          { to: name.slice(2), isMeant: false },
        ]
      : [{ to: name, isMeant: true }],
  );
  const addresses = (spec.networks ?? []).map((network) => {
    const base = network.slice(0, network.indexOf('/'));
    return { to: network.endsWith('/32') ? base : base.replace(/\d+$/, '77'), isMeant: true };
  });
  return [...names, ...addresses];
}

/** How applications speak to a service: where the mesh makes the TLS, HTTP to port 80 is what leaves for 443. */
function doorsOf({ spec }: ExternalService): readonly { port: number; how: How; outside: number }[] {
  return (spec.ports ?? []).map(({ port, appProtocol }) => {
    if (spec.tls === 'Originate') return { port: port === 443 ? 80 : port, how: 'http', outside: port };
    const usual = port === 443 ? 'tls' : port === 80 ? 'http' : 'tcp';
    const how = appProtocol === 'https' ? 'tls' : (appProtocol ?? usual);
    return { port, how: spec.domainNames === undefined && how !== 'tls' ? 'tcp' : how, outside: port };
  });
}

/** Does the matrix permit the client to be at this name or address? */
export function permits(
  rows: readonly Row[],
  services: readonly ExternalService[],
  client: Client,
  server: string,
  port: number,
): boolean {
  return services.some(({ metadata: { name }, spec: { domainNames = [], networks = [], ports = [] } }) => {
    const isThere = isAddress(server)
      ? NetworkSet.of(networks).covers(NetworkSet.of([`${server}/32`]))
      : domainNames.some((pattern) => nameCovers(pattern, server));
    const isOpen = ports.some((range) => range.port <= port && port <= (range.endPort ?? range.port));
    return isThere && isOpen && isAccepted(rows, client, name, port);
  });
}

function isAccepted(rows: readonly Row[], { namespace, account }: Client, destination: string, port: number): boolean {
  return rows.some((row) => {
    const isTheirs = row.namespace === namespace && row.serviceAccount === account && row.destination === destination;
    return isTheirs && row.verdict === 'Accept' && String(row.port) === String(port);
  });
}
