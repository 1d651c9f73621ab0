import { clusterEgressPolicySchema } from '../../src/api/cluster-egress-policy.ts';
import { egressPolicySchema } from '../../src/api/egress-policy.ts';
import { apiVersion } from '../../src/api/meta.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { podOf } from './cluster.ts';

/** What one tenant does to the others: the i-th of the things that it does, one every so often; each object is read when it is taken. */
export interface Attack {
  readonly name: string;
  /** Objects that are there from the start. */
  readonly before?: readonly ObjectChange[];
  readonly everyMs: number;
  readonly act: (i: number) => Iterable<ObjectChange>;
}

const namespace = 'hostile';
const manyNetworks = 5_000;
const manyDenies = 260;
const manyPods = 200;

export const attacks: readonly Attack[] = [
  {
    name: 'a policy of 5,000 networks',
    everyMs: 4_000,
    act: (i) => [policy('wide', entriesOf(networksFrom(i, manyNetworks)))],
  },
  {
    name: '260 denies for absent pods',
    everyMs: 1_000,
    act: denies,
  },
  {
    name: 'a selector that flaps over 200 pods',
    before: range(manyPods, (at) => {
      const pod = podOf(at, 1, { namespace, name: `p-${at}`, uid: `p-${at}`, addresses: [`10.250.0.${at}`] });
      return { kind: 'Pod', key: `${namespace}/p-${at}`, object: { ...pod, labels: { half: `${at % 2}` } } };
    }),
    everyMs: 50,
    act: (i) => [
      policy('flapping', [{ networks: ['198.51.100.0/24'], allPorts: true }], {
        subject: { podSelector: { matchLabels: { half: `${i % 2}` } } },
      }),
    ],
  },
  {
    name: 'a policy of 84 kB under a catalogue',
    before: [catalogue()],
    everyMs: 2_000,
    act: (i) => [policy('long', entriesOf(networksFrom(i, 4_800)))],
  },
];

export function hostileNamespace(): ObjectChange {
  return { kind: 'Namespace', key: namespace, object: { name: namespace, labels: {} } };
}

function* denies(i: number): Iterable<ObjectChange> {
  for (let at = 0; at < manyDenies; at += 1) {
    const subject = { podSelector: { matchLabels: { app: `absent-${at}` } } };
    yield policy(`deny-${at}`, [{ networks: networksFrom(i + at, 1), allPorts: true }], { action: 'Deny', subject });
  }
}

function policy(name: string, to: readonly unknown[], spec: Readonly<Record<string, unknown>> = {}): ObjectChange {
  const metadata = { name, namespace, uid: name, generation: 1 };
  const object = egressPolicySchema.parse({
    apiVersion,
    kind: 'EgressPolicy',
    metadata,
    spec: { subject: { allPods: true }, action: 'Accept', to, ...spec },
  });
  return { kind: 'EgressPolicy', key: `${namespace}/${name}`, object };
}

/** The security team hands what its catalogue names on to the policies of tenants. */
function catalogue(): ObjectChange {
  const networks = range(200, (i) => `172.${16 + (i >> 4)}.${(i & 15) * 16}.0/20`);
  const object = clusterEgressPolicySchema.parse({
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: { name: 'catalogue', uid: 'catalogue', generation: 1 },
    spec: {
      tier: 'Admin',
      priority: 10,
      subject: { allPods: true, allNamespaces: true },
      egress: [{ name: 'catalogue', action: 'Pass', to: entriesOf(networks) }],
    },
  });
  return { kind: 'ClusterEgressPolicy', key: 'catalogue', object };
}

/** As many in each as the schema allows. */
function entriesOf(networks: readonly string[]): readonly object[] {
  return range(Math.ceil(networks.length / 50), (at) => ({
    networks: networks.slice(50 * at, 50 * (at + 1)),
    allPorts: true,
  }));
}

/** Networks that no other can be joined with. */
function networksFrom(i: number, count: number): readonly string[] {
  return range(count, (at) => {
    const n = (i * 37 + at * 2) & 0xffff;
    return `172.${16 + ((at >> 12) & 15)}.${n >> 8}.${n & 255}/32`;
  });
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
