import { Compiler } from '../src/core/compile/compiler.ts';
import type { ObjectChange, Pod } from '../src/core/model/snapshot.ts';
import { clusterOf, clusterPolicyOf, podOf, policyOf } from './worlds/cluster.ts';
import { percentile, row, type Row } from './row.ts';

const now = '2026-06-01T00:00:00Z';
const rounds = 2000;
const namespaces = 10_000;
const sizes = [1_000, 10_000, 100_000];
/** Every cluster has one namespace that is the same in all, to be relabelled. */
const podsOfTheSame = 10;

/** What one event costs at 10,000 namespaces, 10,000 policies and 20 points, for clusters of growing size. */
export function benchIncremental(): Row[] {
  measure(1_000); // until the engine has compiled what is to be measured
  const measured = sizes.map((pods) => measure(pods));
  const rows = sizes.flatMap((pods, index) =>
    [...(measured[index] ?? [])].map(([name, { p99, aim }]) =>
      row(`incremental ${name}, ${pods} pods, p99 CPU`, p99, 'ms', aim),
    ),
  );
  const [small, large] = [measured[0], measured.at(-1)];
  const growth = [...(large ?? [])].map(([name, { median }]) =>
    row(`incremental ${name}, median at 100000 pods over 1000`, median / (small?.get(name)?.median ?? 0), 'ratio', 1.5),
  );
  return [...rows, ...growth];
}

interface Figure {
  readonly median: number;
  readonly p99: number;
  readonly aim: number;
}

interface Kind {
  readonly name: string;
  /** p99, milliseconds. */
  readonly aim: number;
  readonly rounds: number;
  /** The i-th event of the kind. */
  readonly change: (i: number) => ObjectChange;
}

function measure(pods: number): ReadonlyMap<string, Figure> {
  const compiler = new Compiler();
  compiler.apply(clusterOf({ pods, namespaces, policies: 10_000, points: 20 }), now);
  compiler.apply(theSame(), now);
  return new Map(eventsAt(pods).map((kind) => [kind.name, cost(compiler, kind)]));
}

/** One kind of event after the other, each warmed up by events of its own. */
function cost(compiler: Compiler, { change, aim, rounds: count }: Kind): Figure {
  for (let i = 0; i < count / 10; i += 1) compiler.apply([change(count + i)], now);
  const costs = Array.from({ length: count }, (_, i) => {
    const next = change(i);
    const before = process.cpuUsage();
    compiler.apply([next], now);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e3;
  });
  return { median: percentile(costs, 50), p99: percentile(costs, 99), aim };
}

/** On pods that the cluster did not have. */
function eventsAt(pods: number): readonly Kind[] {
  const fresh = (i: number, fields: Partial<Pod> = {}): Pod => podOf(pods + i, namespaces, fields);
  const one = { aim: 1, rounds };
  return [
    { ...one, name: 'pod created', change: (i) => podChange(fresh(i)) },
    {
      ...one,
      name: 'pod relabelled',
      change: (i) => podChange(fresh(i, { labels: { app: `app-${(i + 1) % 8}`, tier: 'web' } })),
    },
    {
      ...one,
      name: 'pod moved to another address',
      change: (i) => podChange(fresh(i, { addresses: [`10.200.${i >> 8}.${i & 255}`] })),
    },
    { ...one, name: 'pod deleted', change: (i) => ({ ...podChange(fresh(i)), kind: 'Pod', object: undefined }) },
    { ...one, name: 'policy edited', change: policyChange },
    // As much as if each of its pods had been relabelled.
    { name: `namespace of ${podsOfTheSame} pods relabelled`, aim: podsOfTheSame, rounds: 500, change: relabelled },
    // As much as if each of the 200 namespaces that it selects had an edited policy.
    { name: 'cluster policy edited', aim: namespaces / 50, rounds: 100, change: clusterPolicyChange },
  ];
}

function podChange(pod: Pod): ObjectChange {
  return { kind: 'Pod', key: `${pod.namespace}/${pod.name}`, object: pod };
}

function policyChange(i: number): ObjectChange {
  const object = policyOf(i, namespaces, `198.18.${i & 255}.0/24`);
  return { kind: 'EgressPolicy', key: `${object.metadata.namespace}/${object.metadata.name}`, object };
}

/** From the scope of some points and policies into that of others. */
function relabelled(i: number): ObjectChange {
  const labels = { team: `t${i % 50}`, zone: `z${i % 3}`, 'kubernetes.io/metadata.name': 'same' };
  return { kind: 'Namespace', key: 'same', object: { name: 'same', labels } };
}

function theSame(): ObjectChange[] {
  const pods = Array.from({ length: podsOfTheSame }, (_, i) =>
    podOf(i, namespaces, { namespace: 'same', name: `same-${i}`, uid: `same-${i}`, addresses: [`10.201.0.${i}`] }),
  );
  const policy = policyOf(0, namespaces);
  const object = { ...policy, metadata: { ...policy.metadata, namespace: 'same' } };
  return [relabelled(0), ...pods.map(podChange), { kind: 'EgressPolicy', key: `same/${policy.metadata.name}`, object }];
}

/** Another destination for the pods of two namespaces in a hundred. */
function clusterPolicyChange(i: number): ObjectChange {
  const object = clusterPolicyOf(2 * (i % 9) + 1, `100.65.${i & 255}.0/24`);
  return { kind: 'ClusterEgressPolicy', key: object.metadata.name, object };
}
