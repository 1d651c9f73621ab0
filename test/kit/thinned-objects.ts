import fc from 'fast-check';
import { apiVersion } from '../../src/api/meta.ts';

/*
 * Objects of ours as people write them, and what is left of them when something on the way in drops a value: a template
 * whose variable is empty, a client or an API server that takes null for "not there". For laws on files, and on real API
 * servers. The namespaces are `red` and `blue`, the services `s1` and `s2`.
 */

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
export type Fields = Readonly<Record<string, Value>>;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'EgressPolicy' | 'ClusterEgressPolicy' | 'ExternalService';
  readonly metadata: Fields & { readonly name: string };
  readonly spec: Fields;
}

/** A manifest that lost one value. */
export interface Thinned {
  /** Where, below the manifest: `['spec', 'to', 0, 'ports']`. */
  readonly path: readonly (string | number)[];
  /** With null in its place, as it is sent. */
  readonly sent: Manifest;
  /** Without it, as an API server stores it. */
  readonly stored: Manifest;
}

const label = fc.constantFrom('1', '2');
const expression = fc
  .record({ key: fc.constantFrom('a', 'b'), operator: fc.constantFrom('In', 'NotIn'), values: fc.tuple(label) })
  .map((one) => [one]);
const selector = fc.oneof(
  fc.record({ matchLabels: fc.dictionary(fc.constantFrom('a', 'b'), label, { minKeys: 1 }) }),
  fc.record({ matchExpressions: expression }),
  fc.record({ matchLabels: fc.record({ a: label }), matchExpressions: expression }),
);
const allPods = { allPods: true } as const;
const localAccounts = { serviceAccounts: ['runner'] } as const;
const localSubject = fc.oneof(
  fc.constant(allPods),
  fc.record({ podSelector: selector }),
  fc.constant(localAccounts),
  fc.record({ podSelector: selector }).map((one) => ({ ...one, ...localAccounts })),
);
const accounts = { serviceAccounts: [{ namespace: 'red', name: 'runner' }] } as const;
const namespaces = fc.oneof(fc.constant({ allNamespaces: true as const }), fc.record({ namespaceSelector: selector }));
const clusterSubject = fc.oneof(
  fc
    .tuple(namespaces, fc.oneof(fc.constant(allPods), fc.record({ podSelector: selector })))
    .map((parts) => Object.assign({}, ...parts) as Fields),
  fc.constant(accounts as Fields),
  fc.record({ podSelector: selector }).map((one) => ({ ...one, ...accounts })),
);

const ports = fc.constantFrom<Value>(
  [{ port: 443 }],
  [{ port: 440, endPort: 450, protocol: 'TCP' }],
  [
    { port: 53, protocol: 'UDP' },
    { port: 443, appProtocol: 'tls' },
  ],
);
const everyPort = fc.oneof(
  { arbitrary: ports.map((list) => ({ ports: list })), weight: 3 },
  fc.constant({ allPorts: true as const }),
);
const names = fc.constantFrom<Fields>({ domainNames: ['a.test'] }, { domainNames: ['*.a.test', 'b.test'] });
const networks = fc.constantFrom<Fields>({ networks: ['203.0.113.0/25'] }, { networks: ['0.0.0.0/0', '::/0'] });
const form = fc.oneof(
  names,
  networks,
  fc.tuple(names, networks).map(([a, b]) => ({ ...a, ...b })),
);
const reference = fc.oneof(
  fc.constant<Fields>({ externalService: 's1' }),
  ports.map((list): Fields => ({ externalService: 's1', ports: list })),
);
const accepting = fc.oneof(
  fc.tuple(form, everyPort).map(([a, b]): Fields => ({ ...a, ...b })),
  reference,
);
const denying = fc.oneof(
  networks,
  fc.tuple(networks, everyPort).map(([a, b]): Fields => ({ ...a, ...b })),
);
const listOf = (entry: fc.Arbitrary<Fields>): fc.Arbitrary<readonly Fields[]> =>
  fc.array(entry, { minLength: 1, maxLength: 2 });
const action = fc.oneof(
  fc.record({ action: fc.constantFrom('Accept', 'Pass'), to: listOf(accepting) }),
  fc.record({ action: fc.constant('Deny'), to: listOf(denying) }),
);
const governance = fc.oneof(fc.constant<Fields>({}), fc.constant<Fields>({ governance: { owner: 'a', log: true } }));

const policy = fc.tuple(localSubject, action, governance).map(([subject, { action: does, to }, rest]): Manifest => ({
  apiVersion,
  kind: 'EgressPolicy',
  metadata: { name: 'x', namespace: 'red' },
  spec: { subject: subject, ...(does === 'Deny' && { action: does }), to, ...rest },
}));
const clusterPolicy = fc
  .tuple(
    clusterSubject,
    fc.array(action, { minLength: 1, maxLength: 2 }),
    fc.constantFrom('Admin', 'Baseline'),
    governance,
  )
  .map(([subject, egress, tier, rest]): Manifest => ({
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: { name: 'x' },
    spec: { tier, priority: 10, subject, egress, ...rest },
  }));
const service = fc
  .tuple(
    form,
    everyPort,
    fc.oneof(fc.constant({ allNamespaces: true as const }), fc.record({ allowedNamespaces: selector })),
    governance,
  )
  .map(([destination, through, who, rest]): Manifest => ({
    apiVersion,
    kind: 'ExternalService',
    metadata: { name: 's1' },
    spec: { ...destination, ...through, ...(who as Fields), ...rest },
  }));

/** All of them are accepted. */
export const manifests: fc.Arbitrary<Manifest> = fc.oneof(policy, clusterPolicy, service);

/** Every way in which a manifest can lose one value of its spec. */
export function thinned(manifest: Manifest): readonly Thinned[] {
  return pathsIn(manifest.spec, ['spec']).map((path) => ({
    path,
    sent: replaced(manifest, path, null) as Manifest,
    stored: replaced(manifest, path, undefined) as Manifest,
  }));
}

/** The paths of all fields; entries of lists are no fields: an API server refuses a null there. */
function pathsIn(value: Value, path: readonly (string | number)[]): readonly (readonly (string | number)[])[] {
  if (value === null || typeof value !== 'object') return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, isList ? Number(key) : key];
    return [...(isList ? [] : [at]), ...pathsIn(item, at)];
  });
}

function replaced(value: unknown, [step, ...rest]: readonly (string | number)[], by: null | undefined): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((item: unknown, at) => (at === step ? replaced(item, rest, by) : item));
  const { [step]: inner, ...others } = value as Record<string, unknown>;
  const next = replaced(inner, rest, by);
  return next === undefined ? others : { ...others, [step]: next };
}
