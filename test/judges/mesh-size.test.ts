import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { closedMesh, gatewayConfig, objectsOf, type MeshWorld } from '../mesh/worlds.ts';
import { installedMesh, playMesh } from './istiod-engine.ts';
import { emitted, parse } from './mesh-play.ts';

/*
 * What istiod serves each proxy for what we write, in bytes, beside what somebody would write by hand for the same: one entry for
 * each destination that is shown to its users alone, one Sidecar, and behind a gateway what the documentation of Istio has there.
 */

const engine = installedMesh();
const hosts = Array.from({ length: 12 }, (_, at) => `dest-${at}.example.com`);
const world = (config: object): MeshWorld => ({
  config,
  services: Object.fromEntries(
    hosts.map((host, at) => [
      `dest-${at}`,
      { domainNames: [host], ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] },
    ]),
  ),
  grants: { '*': hosts.map((_, at) => `dest-${at}`) },
  mesh: closedMesh,
});

const port = { number: 443, name: 'tls', protocol: 'TLS' };
const networking = (kind: string, namespace: string, name: string, spec: object): object => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace },
  spec,
});
const entryFor = (host: string, exportTo: readonly string[]): object =>
  networking('ServiceEntry', 'istio-egress', host.replace(/\..*/, ''), {
    ...{ hosts: [host], location: 'MESH_EXTERNAL', resolution: 'DNS', exportTo, ports: [port] },
  });
const egress = [{ hosts: ['*/*.svc.cluster.local', 'istio-egress/*'] }];
const sidecar = networking('Sidecar', 'shop', 'default', { egress, outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });

function throughGateway(host: string): readonly object[] {
  const name = host.replace(/\..*/, '');
  const gateway = 'egress.istio-egress.svc.cluster.local';
  const hop = { port: { number: 443 }, tls: { mode: 'ISTIO_MUTUAL', sni: host } };
  const own = `istio-egress/${name}`;
  const tls = {
    match: [{ gateways: ['mesh'], port: 443, sniHosts: [host] }],
    route: [{ destination: { host: gateway, subset: name, port: { number: 443 } } }],
  };
  const tcp = {
    match: [{ gateways: [own], port: 443 }],
    route: [{ destination: { host, port: { number: 443 } } }],
  };
  return [
    networking('Gateway', 'istio-egress', name, {
      selector: { egress: 'shared' },
      servers: [{ port, hosts: [host], tls: { mode: 'ISTIO_MUTUAL' } }],
    }),
    networking('DestinationRule', 'istio-egress', name, {
      host: gateway,
      subsets: [{ name, trafficPolicy: { portLevelSettings: [hop] } }],
    }),
    networking('VirtualService', 'istio-egress', name, {
      ...{ hosts: [host], gateways: ['mesh', own], exportTo: ['.', 'shop'], tls: [tls], tcp: [tcp] },
    }),
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name, namespace: 'istio-egress' },
      spec: {
        selector: { matchLabels: { egress: 'shared' } },
        rules: [{ from: [{ source: { namespaces: ['shop'] } }], when: [{ key: 'connection.sni', values: [host] }] }],
      },
    },
  ];
}

/** Bytes that each proxy is served, by its pod, of our objects divided by those of the others. */
async function ratios(config: object, byHand: readonly object[]): Promise<ReadonlyMap<string, number>> {
  const manifest = objectsOf(world(config))
    .map((object) => `---\n${stringify(object)}`)
    .join('');
  const { ours, around } = await emitted(manifest);
  const flow = { id: 'one', from: 'shop/checkout', to: hosts[0] ?? '', port: 443, how: 'tls' as const };
  const others = parse(byHand.map((one) => `---\n${stringify(one)}`).join(''));
  const played = (set: readonly object[]): ReturnType<typeof playMesh> =>
    playMesh(engine ?? '', [...around, ...set], [flow], { measured: true });
  const mine = await played(ours);
  const theirs = await played(others);
  expect([mine, theirs].map(({ verdicts }) => verdicts.get('one')?.verdict)).toEqual(['reached', 'reached']);
  return new Map([...mine.served].map(([pod, bytes]) => [pod, bytes / (theirs.served.get(pod) ?? 0)]));
}

describe.runIf(engine !== undefined)('what proxies are served', () => {
  it('is on plane direct not more than for objects by hand', async () => {
    const found = await ratios({ plane: 'direct', istioVersion: '1.31.0' }, [
      ...hosts.map((host) => entryFor(host, ['shop'])),
      sidecar,
    ]);
    expect([...found.keys()]).toContain('shop/checkout');
    for (const ratio of found.values()) expect(ratio).toBeLessThanOrEqual(1);
  });

  it('is through a gateway at most 15 % more: names are longer, and policies say the port', async () => {
    const found = await ratios({ gateway: { ...gatewayConfig.gateway, ports: { 443: 8443 } } }, [
      ...hosts.map((host) => entryFor(host, ['.', 'shop'])),
      ...hosts.flatMap(throughGateway),
      sidecar,
    ]);
    expect([...found.keys()]).toEqual(expect.arrayContaining(['shop/checkout', 'istio-egress/egress-0']));
    for (const ratio of found.values()) expect(ratio).toBeLessThanOrEqual(1.15);
  });
});
