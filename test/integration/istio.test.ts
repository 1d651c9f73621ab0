import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kinds, kindsOf, read, routeKinds } from '../../adapters/istio/objects/kinds.ts';
import { renderedExample } from '../mesh/example.ts';
import { denying, formed, forms } from '../../adapters/istio/testing/forms.ts';
import { aCluster, sync } from '../../adapters/istio/testing/world.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { writtenAt } from '../../kit/kubernetes/written-at.ts';
import { ObjectClient } from '../../src/kube/objects/object-client.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { hasIstioCrds, istioCrds } from './istio-crds.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

/*
 * What the mesh adapter writes, taken by a real API server that knows the kinds of Istio with their schemas and rules.
 * They come from ISTIO_CRDS, a file as Istio publishes it (`istio/api kubernetes/customresourcedefinitions.gen.yaml`), those of the
 * Gateway API from GATEWAY_API_CRDS, its folder `config/crd/standard`, or from where the judge of meshes was built.
 */

const modules = process.env['GOMODCACHE'] ?? join(homedir(), 'go/pkg/mod');
const routeCrds =
  process.env['GATEWAY_API_CRDS'] ?? join(modules, 'sigs.k8s.io/gateway-api@v1.6.0/config/crd/standard');

function hasRoutes(): boolean {
  if (existsSync(routeCrds)) return true;
  console.warn(
    'SKIPPED: no kinds of the Gateway API: set GATEWAY_API_CRDS to a folder with its CustomResourceDefinitions',
  );
  return false;
}

const speaksRoutes = hasRoutes();
const everything = Object.keys(forms);
const states: Readonly<Record<string, { readonly config: Record<string, unknown>; readonly desired: DesiredState }>> = {
  'through a gateway': {
    config: { canonicalHosts: { '*.wikipedia.org': 'www.wikipedia.org' } },
    desired: formed(everything, [denying('any')]),
  },
  ...(speaksRoutes && {
    'through a gateway, as Gateway API': {
      config: { api: 'GatewayAPI', istioVersion: '1.31.0', canonicalHosts: { '*.wikipedia.org': 'www.wikipedia.org' } },
      desired: formed(everything, [denying('any')]),
    },
  }),
  'through a waypoint': {
    config: { plane: 'ambient', istioVersion: '1.31.0', waypoint: { wildcardTls: true } },
    desired: formed(everything, [denying('any')]),
  },
  'straight out': { config: { plane: 'direct' }, desired: formed(everything) },
};
/** The Gateway API as far as a waypoint is one of its objects, where its own kinds are not at hand. */
const waypoints = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'gateways.gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/2466' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    names: { kind: 'Gateway', plural: 'gateways' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const egressNamespace: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'istio-egress-ambient' },
};
const nothing: DesiredState = { point: 'mesh', defaultAction: 'Deny', groups: [], rules: [], namespaces: [] };

describe.skipIf(!hasKubeApiserver() || !hasIstioCrds())('a mesh in a real API server', () => {
  let server: KubeApiserver;
  let objects: ObjectClient;

  beforeAll(async () => {
    server = await startKubeApiserver();
    expect(await server.kubectl(['apply', '--server-side', '-f', istioCrds])).toMatchObject({ code: 0 });
    const added = speaksRoutes
      ? await server.kubectl(['apply', '--server-side', '-f', routeCrds])
      : await server.kubectl(['apply', '-f', '-'], JSON.stringify(waypoints));
    expect(added).toMatchObject({ code: 0 });
    const waited = await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=120s']);
    expect(waited).toMatchObject({ code: 0 });
    objects = new ObjectClient(new Transport(fromKubeconfig({ path: server.kubeconfig })));
    // A kind that was just added is not there at once: asking may be answered with 503, and its storage comes later still.
    const { grpcRoute, ...others } = read;
    const asked = [
      ...kindsOf(speaksRoutes ? 'GatewayAPI' : 'Istio'),
      ...Object.values(others),
      ...(speaksRoutes ? [grpcRoute] : []),
    ];
    const served = async (): Promise<boolean> => {
      const answers = await Promise.allSettled(
        asked.map(async (kind) => {
          await objects.list(kind);
          return objects.version(kind);
        }),
      );
      return answers.every((answer) => answer.status === 'fulfilled' && answer.value !== undefined);
    };
    await vi.waitUntil(served, { timeout: 150_000, interval: 500 });
    for (const object of [egressNamespace, ...aCluster({ waypoint: true }).all()]) {
      const { uid: _, resourceVersion: __, ...metadata } = object.metadata;
      const manifest = JSON.stringify({ ...object, metadata });
      const { code, output } = await server.kubectl(['apply', '--server-side', '-f', '-'], manifest);
      if (code !== 0) throw new Error(output);
    }
  });
  afterAll(() => server.stop());

  it.each(Object.entries(states))(
    '%s: is taken as it is, read back the same, and taken away',
    async (_, { config, desired }) => {
      // Nobody here tells that the waypoint has what was written.
      const settled = config['plane'] === 'ambient' ? 'activating' : 'programmed';
      const first = await sync(objects, desired, { config });
      const refused = first.quarantined.map(({ error }) => error.message);
      expect([first.state, first.error?.message, refused]).toEqual([settled, undefined, []]);
      const again = await sync(objects, desired, { config });
      expect([again.state, again.nativeCalls]).toEqual([settled, 0]);
      const fewer = { ...desired, rules: desired.rules.slice(0, 3) };
      expect((await sync(objects, fewer, { config })).state).toBe(settled);
      expect((await sync(objects, nothing, { config })).state).toBe(settled);
      const written = [kinds.serviceEntry, kinds.virtualService, kinds.sidecar];
      const routes = speaksRoutes ? [routeKinds.httpRoute, routeKinds.tlsRoute, routeKinds.tcpRoute] : [];
      const left = await Promise.all([...written, ...routes].map((kind) => objects.list(kind)));
      expect(left.flat().map(({ metadata }) => metadata.name)).toEqual([]);
    },
  );

  it('gives a token for an account that istiod knows and the API server does not, and says when objects were written', async () => {
    const account = { namespace: 'istio-system', name: 'postern-status' };
    await server.kubectl(['create', 'serviceaccount', account.name, '-n', account.namespace]);
    const token = await objects.token(account, 'istio-ca');
    const { aud, sub, exp, iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    expect([aud, sub, Number(exp) - Number(iat)]).toEqual([
      ['istio-ca'],
      'system:serviceaccount:istio-system:postern-status',
      600,
    ]);
    await expect(objects.token({ ...account, name: 'nobody' }, 'istio-ca')).rejects.toMatchObject({
      errorClass: 'not-found',
    });
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    const { desired, config } = states['through a gateway']!;
    await sync(objects, desired, { config });
    const written = await objects.list(kinds.serviceEntry);
    const times = written.map(writtenAt);
    expect(times.length).toBeGreaterThan(0);
    expect(times.every((time) => time >= before && time <= Date.now())).toBe(true);
    await sync(objects, nothing, { config });
  });

  it.each([
    'mesh-two-applications-three-services',
    'mesh-per-namespace-and-service-account',
    ...(speaksRoutes ? ['mesh-gateway-api'] : []),
  ])('takes examples/%s as kubectl gives it, every field known', async (name) => {
    const { text } = await renderedExample(name);
    const wanted = [...new Set([...text.matchAll(/^ {2}namespace: (\S+)$/gm)].map(([, namespace = '']) => namespace))];
    for (const namespace of wanted) await server.kubectl(['create', 'namespace', namespace]);
    const dry = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
    expect(await server.kubectl(dry, text)).toMatchObject({ code: 0 });
  });
});
