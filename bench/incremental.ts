import { Compiler } from '../src/core/compile/compiler.ts';
import type { ObjectChange, Pod } from '../src/core/model/snapshot.ts';
import { clusterOf, podOf, policyOf } from './cluster.ts';
import { row, type Row } from './row.ts';

const now = '2026-06-01T00:00:00Z';
const rounds = 2000;
const namespaces = 10_000;

/** What one event costs at 10,000 namespaces, 10,000 policies and 20 points, for clusters of growing size. */
export function benchIncremental(): Row[] {
  const sizes = [1_000, 10_000, 100_000];
  const measured = sizes.map((pods) => ({ pods, figures: measure(pods) }));
  const rows = measured.flatMap(({ pods, figures }) =>
    [...figures].map(([name, { p99 }]) => row(`incremental ${name}, ${pods} pods, p99 CPU`, p99, 'ms', 1)),
  );
  const [small, large] = [measured[0], measured.at(-1)];
  const growth = [...(large?.figures ?? [])].map(
    ([name, { median }]) => median / (small?.figures.get(name)?.median ?? 1),
  );
  return [...rows, row('incremental median at 100000 pods over 1000 pods', Math.max(...growth), 'ratio', 2)];
}

interface Figure {
  readonly median: number;
  readonly p99: number;
}

function measure(pods: number): ReadonlyMap<string, Figure> {
  const compiler = new Compiler();
  compiler.apply(clusterOf({ pods, namespaces, policies: 10_000, points: 20 }), now);
  const figures = new Map<string, Figure>();
  for (const [name, change] of eventsAt(pods)) {
    for (let i = 0; i < 200; i += 1) compiler.apply([change(rounds + i)], now);
    const costs = Array.from({ length: rounds }, (_, i) => {
      const next = change(i);
      const before = process.cpuUsage();
      compiler.apply([next], now);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e3;
    }).sort((a, b) => a - b);
    figures.set(name, { median: costs[rounds / 2] ?? 0, p99: costs[Math.floor(rounds * 0.99)] ?? 0 });
  }
  return figures;
}

/** Each makes the i-th event of its kind; they are run one kind after the other, on pods that the cluster did not have. */
function eventsAt(pods: number): ReadonlyMap<string, (i: number) => ObjectChange> {
  const fresh = (i: number, fields: Partial<Pod> = {}): Pod => podOf(pods + i, namespaces, fields);
  const of = (pod: Pod): ObjectChange => ({ kind: 'Pod', key: `${pod.namespace}/${pod.name}`, object: pod });
  return new Map([
    ['pod created', (i: number) => of(fresh(i))],
    ['pod relabelled', (i: number) => of(fresh(i, { labels: { app: `app-${(i + 1) % 8}`, tier: 'web' } }))],
    ['pod moved to another address', (i: number) => of(fresh(i, { addresses: [`10.200.${i >> 8}.${i & 255}`] }))],
    ['pod deleted', (i: number): ObjectChange => ({ ...of(fresh(i)), kind: 'Pod', object: undefined })],
    ['policy edited', (i: number): ObjectChange => policyChange(i)],
  ]);
}

function policyChange(i: number): ObjectChange {
  const object = policyOf(i, namespaces, `198.18.${i & 255}.0/24`);
  return { kind: 'EgressPolicy', key: `${object.metadata.namespace}/${object.metadata.name}`, object };
}
