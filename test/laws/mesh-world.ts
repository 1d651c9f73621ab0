import fc from 'fast-check';
import { numbers, objectsOf, pods, type World } from './foreign-world.ts';

/*
 * What others write into a mesh, beside network policies: which pods have a sidecar, what the mesh lets out by default,
 * ServiceEntries, Sidecars, VirtualServices that lead elsewhere, and what says nothing of who may leave. Plain facts;
 * `test/laws/mesh-judge.ts` judges one packet at a time by them.
 */

type Mode = 'ALLOW_ANY' | 'REGISTRY_ONLY';
export type Space = 'shop' | 'news' | 'istio-system';

/** A ServiceEntry for addresses, in plain TCP. */
export interface EntryFact {
  readonly name: string;
  readonly namespace: 'shop' | 'news';
  /** One address or network, different in all of them. */
  readonly at: string;
  readonly port: number;
  /** Where it leads; undefined: where the connection was going to (resolution NONE). */
  readonly endpoint: string | undefined;
  readonly exportTo: '*' | '.' | 'shop' | '~' | undefined;
}

/** A Sidecar; different ones are for different pods. */
export interface ScopeFact {
  readonly namespace: Space;
  /** The pods that it selects; undefined: all of its namespace, or of the mesh in the root namespace. */
  readonly app: string | undefined;
  readonly hosts: readonly string[];
  readonly mode: Mode | undefined;
}

/** A VirtualService that leads connections to one ServiceEntry to another, in the namespace of the first. */
export interface DetourFact {
  readonly of: string;
  readonly to: string;
  /** The port that it is about; undefined: every one. */
  readonly port: number | undefined;
}

export interface MeshFacts {
  readonly network: World;
  readonly meshed: readonly string[];
  readonly mode: Mode | undefined;
  readonly entries: readonly EntryFact[];
  readonly scopes: readonly ScopeFact[];
  readonly detour: DetourFact | undefined;
  /** Objects about flows into pods, which change nothing for those out of them. */
  readonly bystanders: boolean;
}

const places = ['203.0.113.0/24', '203.0.113.7', '198.51.100.0/24', '198.51.100.9', '0.0.0.0/0'];
const mode = fc.constantFrom<Mode>('ALLOW_ANY', 'REGISTRY_ONLY');

const entry = (at: string): fc.Arbitrary<EntryFact> =>
  fc.record({
    name: fc.constant(`e${places.indexOf(at)}`),
    namespace: fc.constantFrom('shop', 'news'),
    at: fc.constant(at),
    port: fc.constantFrom(...numbers),
    endpoint: fc.constantFrom(undefined, '192.0.2.1', '198.51.100.9'),
    exportTo: fc.constantFrom(undefined, undefined, '*', '.', 'shop', '~'),
  });

const hostSets = [['*/*'], ['./*'], ['shop/*'], ['news/e0.example.com', './*'], ['~/*'], ['istio-system/*']] as const;
const scopes: fc.Arbitrary<readonly ScopeFact[]> = fc
  .subarray([
    { namespace: 'shop', app: 'web' },
    { namespace: 'shop', app: undefined },
    { namespace: 'news', app: undefined },
    { namespace: 'istio-system', app: undefined },
  ] as const)
  .chain((subjects) =>
    fc.tuple(
      ...subjects.map((subject) =>
        fc.record({
          namespace: fc.constant(subject.namespace),
          app: fc.constant(subject.app),
          hosts: fc.constantFrom(...hostSets),
          mode: fc.option(mode, { nil: undefined }),
        }),
      ),
    ),
  );

const some: fc.Arbitrary<Omit<MeshFacts, 'network'>> = fc
  .subarray(places)
  .chain((chosen) => fc.tuple(...chosen.map(entry)))
  .chain((entries) => {
    const names = entries.map(({ name }) => name);
    const detour =
      names.length < 2
        ? fc.constant(undefined)
        : fc.option(
            fc
              .record({
                of: fc.constantFrom(...names),
                to: fc.constantFrom(...names),
                port: fc.constantFrom(undefined, ...numbers),
              })
              .filter(({ of, to }) => of !== to),
            { nil: undefined },
          );
    return fc.record({
      meshed: fc.subarray(pods.map(({ name }) => name)),
      mode: fc.option(mode, { nil: undefined }),
      entries: fc.constant(entries),
      scopes,
      detour,
      bystanders: fc.boolean(),
    });
  })
  // What a Sidecar takes in of VirtualServices of other namespaces is a question of its own.
  .map((facts) => (facts.detour === undefined ? facts : { ...facts, scopes: [] }));

export function meshWorld(network: fc.Arbitrary<World>): fc.Arbitrary<MeshFacts> {
  return fc.tuple(network, some).map(([world, facts]) => ({ ...facts, network: world }));
}

const istio = (kind: string, namespace: string, name: string, spec: object, group = 'networking'): object => ({
  apiVersion: `${group}.istio.io/v1`,
  kind,
  metadata: { namespace, name },
  spec,
});

export function meshObjectsOf(facts: MeshFacts): readonly object[] {
  const { network, meshed, mode: byDefault, entries, detour, bystanders } = facts;
  const config = byDefault === undefined ? '{}' : `outboundTrafficPolicy: { mode: ${byDefault} }`;
  return [
    ...objectsOf(network).map((object) => injected(object, meshed)),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'istio-system', name: 'istio' },
      data: { mesh: config },
    },
    ...entries.map(entryObject),
    ...facts.scopes.map(({ namespace, app, hosts, mode: own }, at) =>
      istio('Sidecar', namespace, `s${at}`, {
        ...(app !== undefined && { workloadSelector: { labels: { app } } }),
        egress: [{ hosts }],
        ...(own !== undefined && { outboundTrafficPolicy: { mode: own } }),
      }),
    ),
    ...(detour === undefined ? [] : [detourObject(detour, entries)]),
    ...(bystanders ? bystanding : []),
  ];
}

function injected(object: object, meshed: readonly string[]): object {
  const { kind, metadata } = object as { readonly kind: string; readonly metadata: { readonly name: string } };
  if (kind !== 'Pod' || !meshed.includes(metadata.name)) return object;
  return { ...object, metadata: { ...metadata, annotations: { 'sidecar.istio.io/status': '{}' } } };
}

function entryObject({ name, namespace, at, port, endpoint, exportTo }: EntryFact): object {
  return istio('ServiceEntry', namespace, name, {
    hosts: [`${name}.example.com`],
    addresses: [at],
    location: 'MESH_EXTERNAL',
    ports: [{ number: port, name: 'tcp', protocol: 'TCP' }],
    resolution: endpoint === undefined ? 'NONE' : 'STATIC',
    ...(endpoint !== undefined && { endpoints: [{ address: endpoint }] }),
    ...(exportTo !== undefined && { exportTo: [exportTo] }),
  });
}

function detourObject({ of, to, port }: DetourFact, entries: readonly EntryFact[]): object {
  const namespace = entries.find(({ name }) => name === of)?.namespace ?? 'shop';
  const number = entries.find(({ name }) => name === to)?.port;
  return istio('VirtualService', namespace, 'detour', {
    hosts: [`${of}.example.com`],
    tcp: [
      {
        ...(port !== undefined && { match: [{ port }] }),
        route: [{ destination: { host: `${to}.example.com`, port: { number } } }],
      },
    ],
  });
}

const bystanding: readonly object[] = [
  istio('AuthorizationPolicy', 'shop', 'nobody', {}, 'security'),
  istio('AuthorizationPolicy', 'istio-system', 'all', { action: 'DENY', rules: [{}] }, 'security'),
  istio('Gateway', 'news', 'way-in', {
    selector: { app: 'web' },
    servers: [{ port: { number: 443, name: 'tls', protocol: 'TLS' }, hosts: ['*'], tls: { mode: 'PASSTHROUGH' } }],
  }),
  istio('VirtualService', 'news', 'way-in', {
    hosts: ['e0.example.com'],
    gateways: ['way-in'],
    tcp: [{ route: [{ destination: { host: 'e1.example.com' } }] }],
  }),
];
