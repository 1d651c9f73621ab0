import { parseAllDocuments } from 'yaml';
import { istio } from '../../adapters/istio/adapter.ts';
import { gatewaysOf, istioConfigSchema, type GatewayRef, type IstioConfig } from '../../adapters/istio/config.ts';
import type { ExternalService } from '../../src/api/kinds.ts';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { nameCovers } from '../../src/core/net/name.ts';
import { NetworkSet } from '../../src/core/net/network-set.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import type { MeshAnswer, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { playMesh, type PlayedFlow, type PlayedVerdict } from './istiod-engine.ts';

/*
 * What Postern writes for a cluster, put up as a mesh among what is there already, with every flow played that is of
 * interest: what was asked for, what nobody asked for, and a few ways of asking for something else than is said.
 */

/** One flow through the real mesh, with what the intent and the model of the mesh say of it. */
export interface Outcome {
  readonly flow: PlayedFlow;
  readonly real: PlayedVerdict;
  /** It was reached: does the intent permit the account to be there? Refused: undefined. */
  readonly isWithin: boolean | undefined;
  /** The matrix permits what was asked for, in the way that the service is to be spoken to. */
  readonly isWanted: boolean;
  /** Undefined for ways that a model of flows does not know. */
  readonly model: MeshAnswer | undefined;
}

export interface PlayedWorld {
  readonly outcomes: readonly Outcome[];
  /** What the emission said beforehand that it cannot do. */
  readonly losses: readonly string[];
  readonly refusals: readonly string[];
}

interface Row {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly destination: string;
  readonly port: number | string;
  readonly verdict: string;
}

interface Client {
  readonly from: string;
  readonly namespace: string;
  readonly account: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
}

const written = '2026-06-01T00:00:00Z';

/** Plays a cluster that is described by these manifests; objects of others are among them. */
export async function playCluster(engine: string, manifest: string): Promise<PlayedWorld> {
  const objects = parse(manifest);
  const config = configIn(objects);
  const [rendered, matrix] = await Promise.all([
    runPostern(['render', '-f', '-', '--point', 'mesh', '--format', 'yaml'], { stdin: manifest }),
    runPostern(['matrix', '-f', '-', '-o', 'json'], { stdin: manifest }),
  ]);
  const world = meshOf(objects, parse(rendered.out), config);
  const rows = JSON.parse(matrix.out) as readonly Row[];
  const services = objects.filter(({ kind }) => kind === 'ExternalService') as unknown as readonly ExternalService[];
  const described = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const gateways = gatewaysOf(config).filter(({ service }) => !described.has(`Service/${service}`));
  const asked = clientsIn(world).flatMap((client) => flowsOf(client, services, config, rows, gateways));
  const env = ['ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS=true'];
  const { verdicts, refusals } = await playMesh(
    engine,
    world,
    asked.map(({ flow }) => flow),
    { env },
  );
  const judge = modelOf(world, config);
  const outcomes = asked.map(({ flow, client, target, isWanted }): Outcome => {
    const real = verdicts.get(flow.id);
    if (real === undefined) throw new Error(`flow ${flow.id} was not played`);
    const isWithin =
      real.verdict === 'refused'
        ? undefined
        : permits(rows, services, client, real.server ?? '', real.server_port ?? 0);
    return { flow, real, isWithin, isWanted, model: target && judge(client, target) };
  });
  return { outcomes, losses: rendered.err.split('\n').filter(Boolean), refusals };
}

export function parse(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
}

function configIn(objects: readonly KubernetesObject[]): IstioConfig {
  const point = objects.find(({ kind, metadata }) => kind === 'EnforcementPoint' && metadata.name === 'mesh');
  return istioConfigSchema.parse((point?.['spec'] as { config?: unknown } | undefined)?.config ?? {});
}

/** Ours as they were written one day, those of others as old as they say, and what ours take for granted. */
function meshOf(
  objects: readonly KubernetesObject[],
  ours: readonly KubernetesObject[],
  config: IstioConfig,
): readonly KubernetesObject[] {
  const there = objects.filter(({ apiVersion }) => !apiVersion.startsWith('postern.dev/'));
  const names = new Set(there.map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`));
  const assumed = (istio.inMesh?.syntheticObjects?.(config, ours) ?? []).filter(
    ({ kind, metadata }) => !names.has(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`),
  );
  const aged = ours.map((one) => ({ ...one, metadata: { ...one.metadata, creationTimestamp: written } }));
  return [...there, ...assumed, ...aged];
}

function clientsIn(world: readonly KubernetesObject[]): readonly Client[] {
  return world.flatMap(({ kind, metadata, ...rest }) => {
    const { spec, status } = rest as { spec?: { serviceAccountName?: string }; status?: { podIP?: string } };
    const { namespace = '', name, labels = {} } = metadata;
    if (kind !== 'Pod' || status?.podIP === undefined || /gateway|egress/.test(name)) return [];
    const account = spec?.serviceAccountName ?? 'default';
    return [{ from: `${namespace}/${name}`, namespace, account, labels, address: status.podIP }];
  });
}

interface Asked {
  readonly flow: PlayedFlow;
  readonly client: Client;
  readonly target?: MeshTarget;
  readonly isWanted: boolean;
}

type How = 'tls' | 'http' | 'tcp';

function flowsOf(
  client: Client,
  services: readonly ExternalService[],
  config: IstioConfig,
  rows: readonly Row[],
  gateways: readonly GatewayRef[],
): readonly Asked[] {
  const { plane } = config;
  const straightTo = plane === 'gateway' ? gateways.map(podOf) : [];
  const asked = new Map<string, Asked>();
  const add = (to: string, port: number, how: How, isWanted: boolean, more: Partial<PlayedFlow> = {}): void => {
    const said = Object.entries(more).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    const id = [client.from, to, port, how, ...said].join(' ');
    const known = asked.get(id);
    const target = said.length > 0 ? undefined : targetOf(to, port, how);
    const spoken = plane === 'ambient' ? { how: 'hbone' as const, inner: { how } } : { how };
    const flow: PlayedFlow = { id, from: client.from, to, port, ...spoken, ...more };
    asked.set(id, { flow, client, ...(target && { target }), isWanted: isWanted || known?.isWanted === true });
  };
  const byName = services.flatMap((service) => placesOf(service).map((place) => ({ service, ...place })));
  // There is no ztunnel that would take what no entry is about past the waypoint.
  for (const { service, to, isMeant } of plane === 'ambient' ? byName.filter((place) => place.isMeant) : byName) {
    for (const { port, how, outside } of doorsOf(service)) {
      add(to, port, how, isMeant && permits(rows, services, client, to, outside));
      if (plane === 'ambient') continue;
      if (how === 'http') add(to, port, how, false, { host: `${to}:8443` });
      if (how === 'tls') add(to, port, how, false, { at: '203.0.113.254' });
      for (const { at, onPods } of how === 'tcp' ? [] : straightTo) {
        const straight = { how: 'mtls', as: 'proxy', sni: to, inner: { how, to } } as const;
        add(to, onPods(port), how, false, { ...straight, at });
      }
    }
  }
  if (plane === 'ambient') return [...asked.values()];
  for (const { to } of byName) add(to, 8443, 'tls', false);
  add('evil.test', 443, 'tls', false);
  add('evil.test', 80, 'http', false);
  add('203.0.113.254', 5432, 'tcp', false);
  add('203.0.113.254', 9001, 'tcp', false);
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

function permits(
  rows: readonly Row[],
  services: readonly ExternalService[],
  { namespace, account }: Client,
  server: string,
  port: number,
): boolean {
  return services.some(({ metadata: { name }, spec: { domainNames = [], networks = [], ports = [] } }) => {
    const isThere = isAddress(server)
      ? NetworkSet.of(networks).covers(NetworkSet.of([`${server}/32`]))
      : domainNames.some((pattern) => nameCovers(pattern, server));
    const isOpen = ports.some((range) => range.port <= port && port <= (range.endPort ?? range.port));
    return (
      isThere &&
      isOpen &&
      rows.some((row) => {
        const isTheirs = row.namespace === namespace && row.serviceAccount === account && row.destination === name;
        return isTheirs && row.verdict === 'Accept' && String(row.port) === String(port);
      })
    );
  });
}

function modelOf(
  world: readonly KubernetesObject[],
  config: IstioConfig,
): (client: Client, target: MeshTarget) => MeshAnswer {
  const said = { ...istio.inMesh?.mesh?.(config), version: '1.31.0', wildcardTlsAtWaypoints: true };
  const namespaces = world.flatMap(({ kind, metadata: { name, labels = {} } }) =>
    kind === 'Namespace' ? [{ name, labels }] : [],
  );
  const mesh = meshIn({ objects: world, said }, { namespaces });
  if (mesh === undefined) throw new Error('There is no mesh.');
  const { judge } = evaluateMesh(mesh);
  const meshed = config.plane === 'ambient' ? 'ambient' : 'sidecar';
  return ({ namespace, account, labels, address }, target) =>
    judge({ namespace, serviceAccount: account, podLabels: labels, meshed, addresses: [address] }, target);
}
