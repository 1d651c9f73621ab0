import { Compiler } from '../src/core/compile/compiler.ts';
import { clusterOf } from './worlds/cluster.ts';
import { row, type Row } from './row.ts';

const now = '2026-06-01T00:00:00Z';

/** A cold compile of a very large cluster: CPU seconds until all is said, and the resident memory that it takes. */
export function benchCompile(): Row[] {
  const changes = clusterOf({ pods: 100_000, namespaces: 25_000, policies: 75_000, points: 1 });
  const before = process.cpuUsage();
  const started = performance.now();
  const compiler = new Compiler();
  compiler.apply(changes, now);
  const desired = compiler.desired('edge-0');
  const seconds = (performance.now() - started) / 1e3;
  const { user, system } = process.cpuUsage(before);
  const rules = desired?.rules.length ?? 0;
  return [
    row('compile cold, 100000 pods, 25000 namespaces, 75000 policies', seconds, 's', 6),
    row('compile cold, CPU of all threads', (user + system) / 1e6, 's', 8),
    row(`compile resident memory, ${rules} rules`, process.memoryUsage().rss / 2 ** 20, 'MiB', 1024),
  ];
}
