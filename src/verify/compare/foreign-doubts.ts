import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Layers } from '../layers.ts';
import type { TableLayer } from '../perimeter/table-layer.ts';
import type { Findings } from './findings.ts';
import type { PodClass } from './pod-classes.ts';

/** Flows that a rule of others may decide, where nobody can tell what it matches. */
export function reportForeignDoubts(
  { perimeters }: Layers,
  classes: readonly PodClass[],
  tables: readonly TableLayer[],
  { probes }: ProbeIndex,
  findings: Findings,
): void {
  for (const { pod, count, seenAt } of classes) {
    const who = { namespace: pod.namespace, workload: pod.workload, pod: `${pod.namespace}/${pod.name}` };
    for (const { at, sources } of seenAt) {
      const point = perimeters[at]?.point.metadata.name ?? '';
      for (const [index, rule] of sources.flatMap((source) => [...(tables[at]?.doubts(source) ?? [])])) {
        const probe = probes[index];
        if (probe === undefined) continue;
        const reason = `a foreign rule that may decide it, and nobody here can tell: ${rule.doubt}`;
        findings.add(who, count, { side: 'unknown', point, rule: rule.name, reason, probe });
      }
    }
  }
}
