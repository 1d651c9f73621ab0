import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseObject } from '../src/api/parse.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import { importIstio } from '../src/import/istio/istio.ts';
import { evaluateMesh } from '../src/verify/mesh/evaluate.ts';
import { readMesh } from '../src/verify/mesh/objects/snapshot.ts';
import { readMeshConfig } from '../src/verify/mesh/objects/config.ts';
import { behindGateway, objectsOf, plane, type Bundle } from '../src/verify/mesh/testing/fixtures.ts';
import { evaluator } from '../src/verify/perimeter/desired.ts';
import { aNamespace, aPod, aPoint, aSnapshot } from './kit/builders.ts';

/*
 * What is imported of a mesh is held against the judge's own reading of its objects, which is held against istiod and Envoy
 * elsewhere: it never permits more and, where the report names nothing that is less, exactly the same.
 */

const mesh = 'trustDomain: cluster.local\noutboundTrafficPolicy: { mode: REGISTRY_ONLY }\n';
const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio', namespace: 'istio-system' },
  data: { mesh },
};
const spaces = ['shop', 'news', 'stranger'];
const namespaces = [...spaces, 'istio-egress', 'istio-system'].map((name) =>
  aNamespace(name, { 'kubernetes.io/metadata.name': name }),
);
const pods = spaces.flatMap((namespace, at) =>
  ['checkout', 'job'].map((serviceAccount, n) =>
    aPod({
      namespace,
      name: `${serviceAccount}-1`,
      serviceAccount,
      labels: { app: serviceAccount },
      addresses: [`10.0.${at}.${n + 1}`],
    }),
  ),
);
const hosts = ['api.example.test', 'pay.example.test', 'a.example.test', 'b.a.example.test', 'db.other.test'];
const addresses = ['203.0.113.10', '203.0.113.77', '198.51.100.9'];
const ports = [443, 80, 5432, 8443];
interface Flow {
  readonly pod: (typeof pods)[number];
  readonly port: number;
  readonly host?: string;
  readonly address?: string;
}

const flows: readonly Flow[] = pods.flatMap((pod) =>
  ports.flatMap((port) => [
    ...hosts.map((host) => ({ pod, port, host })),
    ...addresses.map((address) => ({ pod, port, address })),
  ]),
);

function ours(values: readonly object[]) {
  const { objects, report } = importIstio(values, { home: '', point: '' });
  const parsed = objects.map((object) => {
    const read = parseObject(object);
    if ('problems' in read) throw new Error(JSON.stringify({ object, problems: read.problems }));
    return read.object;
  });
  const compiler = new Compiler();
  const snapshot = aSnapshot({
    ...{ namespaces, pods, enforcementPoints: [aPoint()] },
    clusterEgressPolicies: parsed.filter((object) => object.kind === 'ClusterEgressPolicy'),
  });
  compiler.apply(toChanges(snapshot), '2026-06-01T00:00:00Z');
  const decide = evaluator(compiler.desired('edge')!);
  const permits = ({ pod, host, address, port }: Flow): boolean =>
    decide({ src: pod.addresses[0]!, port, protocol: 'TCP', ...(host ? { host } : { dst: address! }) }).action ===
    'Accept';
  const told = report.filter(
    ({ effect, code }) =>
      !['carried-over', 'not-selected', 'within-the-cluster', 'kind-not-read'].includes(code) && effect !== 'carried',
  );
  return {
    permits,
    isSame: told.length === 0,
    told: told.map(({ subject, code, message }) => `${subject} ${code} ${message}`),
  };
}

/** Does it leave, as what was asked for, in any way of speaking? */
const judged = (values: readonly object[]) => {
  const { judge } = evaluateMesh(readMesh(values, readMeshConfig(parse(mesh))));
  return ({ pod, host, address, port: number }: Flow): 'yes' | 'no' | 'unknown' => {
    const client = {
      namespace: pod.namespace,
      podLabels: pod.labels,
      serviceAccount: pod.serviceAccount,
      meshed: 'sidecar',
      addresses: pod.addresses,
    } as const;
    const answers = (['tls', 'http', 'tcp'] as const).map((appProtocol) =>
      judge(client, { host, address, port: number, protocol: 'TCP', appProtocol, ...(host && { names: [] }) }),
    );
    const out = answers.filter(({ verdict }) => verdict === 'Accept');
    const own = out.filter(({ outside }) => outside.port === number && (host === undefined || outside.host === host));
    if (own.some(({ certain }) => certain)) return 'yes';
    return own.length > 0 ? 'unknown' : 'no';
  };
};

const entry = (name: string, namespace: string, spec: object): object => ({
  ...{ apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name, namespace }, spec },
});

const exportTo = fc.constantFrom<object>(
  {},
  { exportTo: ['*'] },
  { exportTo: ['.'] },
  { exportTo: ['news', 'shop'] },
  { exportTo: ['istio-egress', 'shop'] },
  { exportTo: ['~'] },
);
const port = fc.constantFrom<object>(
  { number: 443, name: 'tls', protocol: 'TLS' },
  { number: 443, name: 'https', protocol: 'HTTPS' },
  { number: 80, name: 'http', protocol: 'HTTP' },
  { number: 5432, name: 'tcp', protocol: 'TCP' },
  { number: 80, name: 'up', protocol: 'HTTP', targetPort: 443 },
  { number: 8443, name: 'same', protocol: 'TLS', targetPort: 8443 },
);
const where = fc.constantFrom<object>(
  { hosts: ['api.example.test'], resolution: 'DNS' },
  { hosts: ['api.example.test', 'pay.example.test'], resolution: 'NONE' },
  { hosts: ['*.example.test'], resolution: 'NONE' },
  { hosts: ['*.a.example.test'], resolution: 'NONE', location: 'MESH_EXTERNAL' },
  { hosts: ['a.example.test'], resolution: 'DNS', endpoints: [{ address: 'pay.example.test' }] },
  { hosts: ['db.other.test'], resolution: 'DNS', addresses: ['203.0.113.10'] },
  { hosts: ['db.other.test'], resolution: 'NONE', addresses: ['203.0.113.0/26'] },
  {
    hosts: ['db.other.test'],
    resolution: 'STATIC',
    addresses: ['203.0.113.77'],
    endpoints: [{ address: '203.0.113.77' }],
  },
  { hosts: ['db.other.test'], resolution: 'STATIC', endpoints: [{ address: '198.51.100.9' }] },
  { hosts: ['api.example.test'], resolution: 'DNS', location: 'MESH_INTERNAL' },
);
const entries = fc
  .array(
    fc.record({
      namespace: fc.constantFrom('shop', 'news', 'istio-egress'),
      where,
      ports: fc.uniqueArray(port, {
        minLength: 1,
        maxLength: 2,
        selector: (one) => (one as { number: number }).number,
      }),
      to: exportTo,
    }),
    { maxLength: 3 },
  )
  .map((all) =>
    all.map(({ namespace, where: to, ports: through, to: shown }, at) =>
      entry(`entry-${at}`, namespace, { location: 'MESH_EXTERNAL', ...to, ports: through, ...shown }),
    ),
  );

const sidecar = fc.record({
  namespace: fc.constantFrom('shop', 'news', 'istio-system'),
  selector: fc.constantFrom<object>({}, {}, { workloadSelector: { labels: { app: 'job' } } }),
  egress: fc.constantFrom<object>(
    {},
    { egress: [{ hosts: ['./*', 'istio-egress/*'] }] },
    { egress: [{ hosts: ['*/api.example.test', '*/egress.istio-egress.svc.cluster.local'] }] },
    { egress: [{ hosts: ['*/*'] }] },
    { egress: [{ hosts: ['~/*'] }] },
    { egress: [{ port: { number: 443, protocol: 'TLS', name: 'x' }, hosts: ['news/*'] }, { hosts: ['*/*'] }] },
  ),
});
const sidecars = fc.uniqueArray(sidecar, { maxLength: 2, selector: ({ namespace }) => namespace }).map((all) =>
  all.map(({ namespace, selector, egress }) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'default', namespace },
    spec: { ...selector, ...egress },
  })),
);

const bundle = fc.constantFrom<Partial<Bundle>>(
  { kind: 'tls' },
  { kind: 'http' },
  { kind: 'http', operation: ', methods: [GET]' },
  { kind: 'http', targetPort: 443, originate: '.' },
  { kind: 'tls', namespaces: ['shop', 'news'] },
  { kind: 'tls', accounts: ['shop/checkout', 'news/job'] },
  { kind: 'tls', namespaces: ['shop'], exportTo: ['*'] },
  { kind: 'tcp', namespaces: ['news'], exportTo: ['.', 'news'] },
);
const bundles = fc
  .uniqueArray(
    fc.record({ host: fc.constantFrom('pay.example.test', 'api.example.test', 'b.a.example.test'), more: bundle }),
    { maxLength: 2, selector: ({ host }) => host },
  )
  .map((all) => all.flatMap(({ host, more }) => objectsOf(behindGateway({ host, kind: 'tls', ...more })) as object[]));

const source = fc.constantFrom<object>(
  { principals: ['cluster.local/ns/shop/sa/job'] },
  { principals: ['cluster.local/ns/news/*'] },
  { principals: ['*'] },
  { notPrincipals: ['cluster.local/ns/shop/sa/checkout'] },
  { namespaces: ['shop'] },
  { namespaces: ['sh*'] },
  { notNamespaces: ['news'] },
  { namespaces: ['shop'], notPrincipals: ['cluster.local/ns/shop/sa/job'] },
  { serviceAccounts: ['shop/checkout'] },
  { ipBlocks: ['10.0.0.0/24'] },
  { principals: ['cluster.local/ns/shop/sa/job'], requestPrincipals: ['*'] },
);
const rule = fc.record(
  {
    from: fc.array(
      source.map((one) => ({ source: one })),
      { minLength: 1, maxLength: 2 },
    ),
    to: fc.constantFrom<object[]>(
      [{ operation: { ports: ['443'] } }],
      [{ operation: { hosts: ['pay.example.test'] } }],
      [{ operation: { paths: ['/x'] } }],
      [{ operation: { notPorts: ['443'] } }],
      [{ operation: { ports: ['80'], methods: ['GET'] } }],
    ),
    when: fc.constantFrom<object[]>(
      [{ key: 'connection.sni', values: ['pay.example.test'] }],
      [{ key: 'connection.sni', notValues: ['pay.example.test'] }],
      [{ key: 'connection.sni', values: ['*.example.test'] }],
      [{ key: 'source.namespace', values: ['news'] }],
      [{ key: 'request.headers[x]', values: ['y'] }],
    ),
  },
  { requiredKeys: [] },
);
const policies = fc
  .array(
    fc.record({
      namespace: fc.constantFrom('istio-egress', 'istio-egress', 'istio-system', 'shop'),
      action: fc.constantFrom('ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT', 'CUSTOM'),
      selects: fc.constantFrom<object>(
        { selector: { matchLabels: { gateway: 'shared' } } },
        {},
        { selector: { matchLabels: { gateway: 'other' } } },
        { targetRefs: [{ kind: 'ServiceEntry', group: 'networking.istio.io', name: 'entry-0' }] },
      ),
      rules: fc.array(rule, { maxLength: 2 }),
      metadata: fc.constantFrom<object>({}, {}, {}, { annotations: { 'istio.io/dry-run': 'true' } }),
    }),
    { maxLength: 2 },
  )
  .map((all) =>
    all.map(({ namespace, action, selects, rules, metadata }, at) => ({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: `policy-${at}`, namespace, ...metadata },
      spec: { ...selects, action, rules, ...(action === 'CUSTOM' && { provider: { name: 'x' } }) },
    })),
  );

const always = [configMap, ...(objectsOf(plane) as object[])];
const world = fc.tuple(entries, sidecars, bundles, policies).map((parts) => [...always, ...parts.flat()]);

/** Of what can be said, so that nothing of it is lost. */
const tidyEntry = fc.record({
  namespace: fc.constantFrom('shop', 'news', 'istio-egress'),
  ports: fc.constantFrom(
    [{ number: 443, name: 'tls', protocol: 'TLS' }],
    [
      { number: 80, name: 'http', protocol: 'HTTP' },
      { number: 8443, name: 'tls', protocol: 'HTTPS' },
    ],
  ),
  to: exportTo,
});
const tidySidecar = fc.constantFrom<readonly object[]>(
  [],
  objectsOf(
    '{ apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: { name: default, namespace: shop }, spec: { egress: [{ hosts: ["./*", "istio-egress/*"] }] } }',
  ) as object[],
  objectsOf(
    '{ apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: { name: default, namespace: istio-system }, spec: { egress: [{ hosts: ["*/*"] }] } }',
  ) as object[],
);
const tidyBundle = fc.constantFrom<Partial<Bundle>>(
  { kind: 'http', port: 80 },
  { namespaces: ['shop', 'news'] },
  { accounts: ['shop/checkout', 'news/job'], exportTo: ['.', 'shop', 'news'] },
  { namespaces: ['shop'], exportTo: ['*'] },
);
const tidyWorld = fc.tuple(tidyEntry, tidyEntry, tidySidecar, tidyBundle).map(([first, second, seenBy, more]) => [
  ...always,
  ...seenBy,
  ...[first, second].map(({ namespace, ports: through, to }, at) =>
    entry(`entry-${at}`, namespace, {
      hosts: [['api.example.test'], ['*.a.example.test', 'a.example.test']][at],
      resolution: 'NONE',
      location: 'MESH_EXTERNAL',
      ports: through,
      ...to,
    }),
  ),
  ...(objectsOf(behindGateway({ host: 'pay.example.test', kind: 'tls', ...more })) as object[]),
]);

describe('the import of what leaves a mesh', () => {
  it.each([
    ['any objects', world, 250, { yes: 150, less: 600, whole: 10 }],
    ['what can be said', tidyWorld, 60, { yes: 300, less: 0, whole: 300 }],
  ])(
    'permits of %s nothing that the mesh does not, and the same where nothing was lost',
    (_, worlds, numRuns, wanted) => {
      const seen = { yes: 0, less: 0, whole: 0 };
      fc.assert(
        fc.property(worlds, (values) => {
          const { permits, isSame, told } = ours(values);
          const judge = judged(values);
          for (const flow of flows) {
            const said = judge(flow);
            if (said === 'unknown') continue;
            const permitted = permits(flow);
            if (said === 'no' || isSame)
              expect({ flow: inWords(flow), permitted, told }).toEqual({
                flow: inWords(flow),
                permitted: said === 'yes',
                told,
              });
            if (said === 'yes') seen[permitted ? 'yes' : 'less'] += 1;
            if (said === 'yes' && isSame) seen.whole += 1;
          }
        }),
        { seed: 11, numRuns },
      );
      expect(seen.yes).toBeGreaterThan(wanted.yes);
      expect(seen.less).toBeGreaterThanOrEqual(wanted.less);
      expect(seen.whole).toBeGreaterThan(wanted.whole);
    },
  );
});

function inWords({ pod, port: number, host, address }: Flow): string {
  return `${pod.namespace}/${pod.serviceAccount} -> ${host ?? address ?? ''}:${number}`;
}
