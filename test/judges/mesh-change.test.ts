import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from '../mesh/worlds.ts';
import { installedMesh, playMesh } from './istiod-engine.ts';
import { hasGatewayApi } from './gateway-api.ts';
import { emitted } from './mesh-play.ts';

/*
 * Whose proxies a change of one policy concerns, by what istiod serves each of them before and after, to the byte.
 */

const engine = installedMesh();
const namespaces = ['bank', 'news', 'shop'];
const everybody = namespaces.map((namespace) => `${namespace}/app`);
const gateway = 'istio-egress/egress-0';

/** Hosts by ServiceAccount, `shop/app`, or namespace, `shop/*`. */
type Grants = Readonly<Record<string, readonly string[]>>;

function worldOf(config: object, grants: Grants): readonly object[] {
  const hosts = [...new Set(Object.values(grants).flat())];
  const spec = { adapter: 'istio', mode: 'Enforce', vantage: { type: 'Identity' }, config, defaultAction: 'Deny' };
  return [
    ...namespaces.flatMap((namespace, at) => workload(namespace, `10.20.${at}.1`)),
    own('EnforcementPoint', { name: 'mesh' }, spec),
    ...hosts.map((host) =>
      own(
        'ExternalService',
        { name: host },
        {
          ...{ allNamespaces: true, domainNames: [`${host}.example.com`] },
          ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }],
        },
      ),
    ),
    ...Object.entries(grants).map(([who, to], at) => {
      const [namespace = '', account = ''] = who.split('/');
      return own(
        'EgressPolicy',
        { name: `grant-${at}`, namespace },
        {
          subject: account === '*' ? { allPods: true } : { serviceAccounts: [account] },
          to: to.map((externalService) => ({ externalService })),
        },
      );
    }),
  ];
}

function own(kind: string, metadata: object, spec: object): object {
  return { apiVersion: 'postern.dev/v1alpha1', kind, metadata, spec };
}

function workload(namespace: string, ip: string): readonly object[] {
  const account = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } } },
    account('app'),
    account('other'),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'app', namespace, labels: { app: 'app' } },
      spec: { serviceAccountName: 'app', nodeName: 'node-1', containers: [] },
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
    },
  ];
}

async function served(config: object, grants: Grants): Promise<ReadonlyMap<string, number>> {
  const manifest = worldOf(config, grants).map((object) => `---\n${stringify(object)}`);
  const { ours, around } = await emitted(manifest.join(''));
  const flow = { id: 'one', from: 'shop/app', to: 'a.example.com', port: 443, how: 'tls' as const };
  return (await playMesh(engine ?? '', [...around, ...ours], [flow], { measured: true })).served;
}

/** The proxies that are served something else once the grants are these. */
async function concerned(
  config: object,
  [before, ...after]: readonly Grants[],
): Promise<readonly (readonly string[])[]> {
  const first = await served(config, before ?? {});
  const changed: (readonly string[])[] = [];
  for (const grants of after) {
    const then = await served(config, grants);
    expect([...then.keys()].sort()).toEqual([...first.keys()].sort());
    changed.push([...then].flatMap(([pod, bytes]) => (bytes === first.get(pod) ? [] : [pod])).sort());
  }
  return changed;
}

describe.runIf(engine !== undefined)('a change of one policy', () => {
  it('on plane direct concerns the proxies of its namespace alone', async () => {
    const grants = { 'shop/*': ['a'], 'news/*': ['b'], 'bank/*': ['c'] };
    const more = { ...grants, 'shop/*': ['a', 'd'] };
    expect(await concerned({ plane: 'direct', istioVersion: '1.31.0' }, [grants, more])).toEqual([['shop/app']]);
  });

  it('through a gateway concerns that and the namespaces that use the host; who else may, the gateway alone', async () => {
    const config = { gateway: { ...gatewayConfig.gateway, ports: { 443: 8443 } } };
    const grants = { 'shop/app': ['a'], 'news/app': ['b'], 'bank/app': ['c'] };
    const joined = { ...grants, 'shop/other': ['a'] };
    const shared = { ...grants, 'shop/app': ['a', 'b'] };
    const fresh = { ...grants, 'shop/app': ['a', 'd'] };
    const found = await concerned(config, [grants, joined, shared, fresh]);
    // Every sidecar knows every hop to a gateway: DestinationRules for one Service that differ in exportTo are not merged.
    expect(found).toEqual([[gateway], [gateway, 'shop/app'], [...everybody, gateway].sort()]);
  });

  it.runIf(hasGatewayApi(engine))('by the Gateway API concerns of sidecars those of its namespace alone', async () => {
    const config = {
      api: 'GatewayAPI',
      istioVersion: '1.31.0',
      gateway: { ...gatewayConfig.gateway, ports: { 443: 8443 } },
    };
    const grants = { 'shop/app': ['a'], 'news/app': ['b'], 'bank/app': ['c'] };
    const joined = { ...grants, 'shop/other': ['a'] };
    const shared = { ...grants, 'shop/app': ['a', 'b'] };
    const fresh = { ...grants, 'shop/app': ['a', 'd'] };
    const found = await concerned(config, [grants, joined, shared, fresh]);
    expect(found).toEqual([[gateway], [gateway, 'shop/app'], [gateway, 'shop/app']]);
  });
});
