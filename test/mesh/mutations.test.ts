import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { checkMesh } from '../../src/verify/mesh/checks/check-mesh.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { readMesh } from '../../src/verify/mesh/objects/snapshot.ts';
import { checkout, objectsOf, registryOnly, soundMesh, to } from '../../src/verify/mesh/testing/fixtures.ts';

/* Each object of a sound mesh is changed in each way that there is: the judge or a check must see it. */

type Fields = Record<string, unknown>;
interface Object_ {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Fields;
}

const objects = objectsOf(...soundMesh) as readonly Object_[];

const clients: readonly MeshClient[] = [
  checkout,
  { ...checkout, serviceAccount: 'other' },
  { ...checkout, namespace: 'elsewhere', serviceAccount: 'default' },
  { ...checkout, meshed: 'none' },
  { ...checkout, meshed: 'ambient' },
];
const targets: readonly MeshTarget[] = [
  to('api.stripe.test'),
  to('www.stripe.test'),
  to('mirror.example.test', 80),
  { ...to('mirror.example.test', 80), method: 'POST' },
  to('payments.example.test', 80),
  to('payments.example.test'),
  to('db.example.test', 5432),
  { address: '203.0.113.10', port: 5432, protocol: 'TCP' },
  to('evil.test'),
];

/** Everything the judge says about every flow: verdict, way and the layer that has the last word. */
function judged(mesh: readonly unknown[]): readonly string[] {
  const { judge } = evaluateMesh(readMesh(mesh, registryOnly));
  return clients.flatMap((client) =>
    targets.map((target) => {
      const { verdict, certain, path, outside, steps } = judge(client, target);
      return JSON.stringify([verdict, certain, path, outside, steps.at(-1)?.layer]);
    }),
  );
}

function checked(mesh: readonly unknown[]): string {
  return JSON.stringify(checkMesh(readMesh(mesh, registryOnly)).map(({ id, subject, field }) => [id, subject, field]));
}

const idOf = ({ kind, metadata: { namespace = '', name } }: Object_): string =>
  [kind, namespace, name].filter(Boolean).join('/');

/** One way to change an object of a kind; undefined: deleted. */
type Mutation = (object: Object_) => Object_ | undefined;

const spec =
  (change: (spec: Fields) => Fields): Mutation =>
  (object) => ({ ...object, spec: { ...object.spec, ...change(structuredClone(object.spec)) } });

const rewritten =
  (from: string | RegExp, replacement: string): Mutation =>
  (object) => ({ ...object, spec: JSON.parse(JSON.stringify(object.spec).replace(from, replacement)) as Fields });

const gone: Mutation = () => undefined;
const moved: Mutation = (object) => ({ ...object, metadata: { ...object.metadata, namespace: 'elsewhere' } });
const hidden = spec(() => ({ exportTo: ['nobody'] }));
const shown = spec(() => ({ exportTo: ['*'] }));

const mutations: Readonly<Record<string, Readonly<Record<string, Mutation>>>> = {
  Namespace: {},
  Deployment: { 'other labels': rewritten('"gateway":"shared"', '"gateway":"none"') },
  Service: {
    'other pods': spec(() => ({ selector: { gateway: 'none' } })),
    'no ports': spec(() => ({ ports: [] })),
    'other target ports': rewritten(/"port":(\d+)/g, '"port":$1,"targetPort":9'),
  },
  ServiceEntry: {
    hidden,
    shown,
    'another host': rewritten(/"hosts":\["[^"]*"/, '"hosts":["nobody.test"'),
    'a wider host': rewritten(/"hosts":\["[^.]*/, '"hosts":["*'),
    'no ports': spec(() => ({ ports: [] })),
    'another target port': spec(({ ports }) => ({
      ports: (ports as Fields[]).map((port) => ({ ...port, targetPort: 9 })),
    })),
    'resolution NONE': spec(() => ({ resolution: 'NONE' })),
  },
  VirtualService: {
    hidden,
    shown,
    'another host': spec(() => ({ hosts: ['nobody.test'] })),
    'another way in': rewritten(/"subset":"[^"]*"/, '"subset":"none"'),
    'another way out': rewritten(/("destination":\{"host":")(?!egress)[^"]*/, '$1nobody.test'),
    'for sidecars only': spec(() => ({ gateways: ['mesh'] })),
    'for the gateway only': spec(({ gateways }) => ({ gateways: (gateways as string[]).slice(1) })),
    'by source': rewritten(/"gateways":\["mesh"\],"port"/, '"gateways":["mesh"],"sourceLabels":{"a":"b"},"port"'),
  },
  DestinationRule: {
    hidden,
    'another host': spec(() => ({ host: 'nobody.test' })),
    'another SNI': rewritten(/"sni":"[^"]*"/, '"sni":"nobody.test"'),
    'no TLS': rewritten(/"mode":"[A-Z_]*"/, '"mode":"DISABLE"'),
  },
  Gateway: {
    'other pods': spec(() => ({ selector: { gateway: 'none' } })),
    'another host': rewritten(/"hosts":\["[^"]*"/, '"hosts":["istio-egress/nobody.test"'),
    'every host': rewritten(/"hosts":\["[^"]*"/, '"hosts":["*"'),
    'another port': rewritten(/"number":\d+/, '"number":9'),
    'plain TLS': rewritten('ISTIO_MUTUAL', 'PASSTHROUGH'),
  },
  AuthorizationPolicy: {
    'other pods': spec(() => ({ selector: { matchLabels: { gateway: 'none' } } })),
    everybody: spec(() => ({ rules: [{}] })),
    nobody: spec(() => ({ rules: [] })),
    DENY: spec(() => ({ action: 'DENY' })),
    'any SNI': rewritten(/,"when":\[.*?\]\}\]/, ''),
    'another SNI': rewritten(/"values":\["[^"]*"\]/, '"values":["nobody.test"]'),
    'other accounts': rewritten(/"(principals|namespaces)":\["[^"]*"\]/, '"$1":["nobody"]'),
    'another port': rewritten(/"ports":\["\d+"\]/, '"ports":["9"]'),
  },
  Sidecar: {
    ALLOW_ANY: spec(() => ({ outboundTrafficPolicy: { mode: 'ALLOW_ANY' } })),
    'imports nothing': spec(() => ({ egress: [{ hosts: ['./*'] }] })),
    'other pods': spec(() => ({ workloadSelector: { labels: { app: 'none' } } })),
  },
  NetworkPolicy: {
    everywhere: spec(() => ({ egress: [{}] })),
    nowhere: spec(() => ({ egress: [] })),
    'other pods': spec(() => ({ podSelector: { matchLabels: { app: 'none' } } })),
  },
};

const cases = objects.flatMap((object, index) =>
  Object.entries({ gone, moved, ...mutations[object.kind] }).map(([name, mutate]) => ({
    name: `${idOf(object)}: ${name}`,
    before: object,
    index,
    after: mutate(object),
  })),
);
const effective = cases.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));

/** What is changed, and why nobody can tell. */
const withoutEffect: readonly (readonly [what: string, why: string])[] = [
  ['Namespace/istio-egress: gone', 'a namespace has its name as a label anyway'],
  ['Namespace/istio-egress: moved', 'it is in no namespace'],
  ['Deployment/istio-egress/egress: gone', 'the pods of a Service are taken to have the labels that it selects'],
  ['Deployment/istio-egress/egress: moved', 'the same'],
  ['Deployment/istio-egress/egress: other labels', 'the same'],
  ['AuthorizationPolicy/istio-egress/default-deny: nobody', 'it has no rules as it is'],
  ['Sidecar/shop/default: gone', 'the mesh is closed too, and exportTo grants less than it imports'],
  ['Sidecar/shop/default: moved', 'the same'],
  ['Sidecar/shop/default: other pods', 'the same'],
  ['VirtualService/istio-egress/api-stripe-test: shown', 'a TLS route is about nothing where its service is hidden'],
  ['VirtualService/istio-egress/db-example-test: shown', 'so is a TCP route'],
];

describe('a mutation of a sound mesh', () => {
  const verdicts = judged(objects);
  const findings = checked(objects);

  it('is seen by the judge or a check, or is known to be without effect', () => {
    const unseen = effective.filter(({ index, after }) => {
      const mesh = objects.flatMap((object, at) => (at === index ? (after ?? []) : object));
      return JSON.stringify(judged(mesh)) === JSON.stringify(verdicts) && checked(mesh) === findings;
    });
    expect(unseen.map(({ name }) => name)).toEqual(withoutEffect.map(([what]) => what));
  });

  it('covers every kind in at least one way besides its removal', () => {
    const kinds = new Set(
      effective.filter(({ name }) => !/: (gone|moved)$/.test(name)).map(({ before }) => before.kind),
    );
    expect([...kinds].sort()).toEqual(
      Object.keys(mutations)
        .filter((kind) => kind !== 'Namespace')
        .sort(),
    );
  });

  it('that only reorders the objects changes nothing', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...objects], { minLength: objects.length }), (shuffled) => {
        expect(judged(shuffled)).toEqual(verdicts);
      }),
      { seed: 11, numRuns: 15 },
    );
  });

  it('never opens a flow by taking an allowing object away, unless a check says so', () => {
    const { judge } = evaluateMesh(readMesh(objects, registryOnly));
    const denied = clients
      .flatMap((client) => targets.map((target) => ({ client, target })))
      .filter(({ client, target }) => judge(client, target).verdict === 'Deny');
    const opened = objects.flatMap((object) => {
      const mesh = objects.filter((other) => other !== object);
      const now = evaluateMesh(readMesh(mesh, registryOnly));
      const isOpen = denied.some(({ client, target }) => now.judge(client, target).verdict === 'Accept');
      return isOpen && checked(mesh) === findings ? [idOf(object)] : [];
    });
    expect(opened).toEqual([]);
  });
});
