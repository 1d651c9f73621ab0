import { podClasses } from './pod-classes.ts';
import { compare } from './compare.ts';
import { Entitlement } from './shared-access.ts';
import { distinct, extentsOfIntent, extentsOfTable } from '../flows/boundaries.ts';
import { Findings, type Flow } from './findings.ts';
import { intentLayer } from '../intent/intent-layer.ts';
import type { Layers } from '../layers.ts';
import { extentsOfMesh } from '../flows/mesh-boundaries.ts';
import { meshLayer } from '../mesh/mesh-layer.ts';
import { Perimeters } from '../perimeter/perimeters.ts';
import { ProbeIndex } from '../flows/probe-index.ts';
import { probesOf } from '../flows/probes.ts';
import { sourcesIn } from '../perimeter/sources.ts';
import { tellStrangers } from '../perimeter/unowned-sources.ts';
import { tableLayer } from '../perimeter/table-layer.ts';

/** Do all layers permit the same, and if not, which flow shows it? */
export interface Consistency {
  readonly consistent: boolean;
  /** Let out in the cluster and stopped at the perimeter: an application will break there. */
  readonly meshOnly: readonly Flow[];
  /** Let out by every perimeter and not wanted, or stopped by the mesh alone: a bypass is possible. */
  readonly perimeterOnly: readonly Flow[];
  /** A layer permits what the intent does not, and another stops it. */
  readonly wider: readonly Flow[];
  /** The layers agree to stop what the intent permits. */
  readonly narrower: readonly Flow[];
  /** What layers say themselves that they cannot express or tell apart, while another does. No inconsistency. */
  readonly known: readonly Flow[];
  /** Classes of flows that were compared: kinds of pods, times kinds of destinations and ports. */
  readonly classes: number;
}

/**
 * Holds every layer against the intent and the layers against each other, over classes of flows that none of them tells
 * apart. Each is read by code that shares nothing with the code that wrote it.
 */
export function consistencyOf(layers: Layers): Consistency {
  const steps = checking(layers);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same in steps, so that a process can do other things between them. */
export function* checking(layers: Layers): Generator<undefined, Consistency> {
  const { snapshot, mesh: objects, perimeters } = layers;
  const extents = distinct([
    ...extentsOfIntent(snapshot),
    ...(objects ? extentsOfMesh(objects) : []),
    ...perimeters.flatMap(({ table }) => extentsOfTable(table)),
  ]);
  const index = new ProbeIndex(probesOf(extents));
  const vantages = perimeters.map(({ point }) => point.spec.vantage);
  const sources = sourcesIn(snapshot, objects, vantages);
  const tables = perimeters.map(({ point, table }) => tableLayer(table, fallbackOf(point.spec, table), index));
  const intent = intentLayer(index);
  const mesh = objects && meshLayer(objects, index);
  const classes = podClasses(layers, tables, sources);
  const entitlement = new Entitlement(classes, perimeters, intent);
  const findings = new Findings();
  const comparison = {
    layers,
    index,
    intent,
    mesh,
    sources,
    entitlement,
    findings,
    perimeters: new Perimeters(layers, tables, sources),
  };
  yield undefined;
  for (const pods of classes) {
    compare(comparison, pods);
    yield undefined;
  }
  tellStrangers(layers, tables, sources, index, findings);
  return summary(findings, classes.length * index.probes.length);
}

/** What no rule of ours matches is left to the device's own policies where the point says so. */
function fallbackOf(
  { defaultAction }: Layers['perimeters'][number]['point']['spec'],
  table: { fallback: 'Accept' | 'Deny' },
) {
  return defaultAction === 'Accept' ? defaultAction : table.fallback;
}

function summary(findings: Findings, classes: number): Consistency {
  const [meshOnly, perimeterOnly, wider, narrower, known] = (
    ['meshOnly', 'perimeterOnly', 'wider', 'narrower', 'known'] as const
  ).map((side) => findings.on(side)) as [Flow[], Flow[], Flow[], Flow[], Flow[]];
  const consistent = [meshOnly, perimeterOnly, wider, narrower].every((flows) => flows.length === 0);
  return { consistent, meshOnly, perimeterOnly, wider, narrower, known, classes };
}
