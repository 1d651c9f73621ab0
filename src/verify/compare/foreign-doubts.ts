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
    for (const { at, sources, toward } of seenAt) {
      const point = perimeters[at]?.point.metadata.name ?? '';
      const doubts = sources.flatMap((source) =>
        [...(tables[at]?.doubts(source) ?? [])].map(([index, rule]) => ({ source, probe: probes[index], rule })),
      );
      for (const { source, probe, rule } of doubts) {
        if (probe === undefined || toward?.of(probe).includes(source) === false) continue;
        const reason = `a foreign rule that may decide it, and Postern cannot evaluate it: ${rule.doubt}`;
        findings.add(who, count, { side: 'unknown', point, rule: rule.name, reason, probe });
      }
    }
  }
}
