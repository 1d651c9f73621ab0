import type { Pod } from '../../core/model/snapshot.ts';
import type { PodEnd } from '../network/ends/ends.ts';
import { boundariesOfPolicies } from '../network/boundaries.ts';
import { readNetwork, type Network } from '../network/network.ts';
import { reportAssumptions } from './assumptions.ts';
import { podClasses } from './pod-classes.ts';
import { atGateways } from './at-gateways.ts';
import { compare } from './compare.ts';
import { SharedAccess } from './shared-access.ts';
import {
  distinct,
  boundariesOfGateways,
  boundariesOfIntent,
  boundariesOfTable,
  type Boundary,
} from '../flows/boundaries.ts';
import type { Consistency, Difference } from '../../core/model/consistency.ts';
import { Findings, type Side } from './findings.ts';
import { intentLayer } from '../intent/intent-layer.ts';
import type { Layers } from '../layers.ts';
import { boundariesOfMesh } from '../flows/mesh-boundaries.ts';
import type { MeshSnapshot } from '../mesh/objects/snapshot.ts';
import { placesIn } from '../mesh/classes.ts';
import { meshLayer } from '../mesh/mesh-layer.ts';
import { Perimeters } from '../perimeter/perimeters.ts';
import { ProbeIndex } from '../flows/probe-index.ts';
import { probesOf } from '../flows/probes.ts';
import { sourcesIn } from '../perimeter/sources.ts';
import { foreignRoles, knownSources, withinReach } from '../perimeter/foreign-rules.ts';
import { reportOtherClusters } from '../perimeter/other-clusters.ts';
import { reportForeignDoubts } from './foreign-doubts.ts';
import { reportDoubtfulAttachments, reportSharedAddresses } from '../perimeter/shared-addresses.ts';
import { reportGateways, reportUnknownGateways } from '../perimeter/gateways.ts';
import { reportUnownedSources } from '../perimeter/unowned-sources.ts';
import { lazily } from '../../core/model/lazily.ts';
import { replicasAmong } from '../values/replicas.ts';
import { tableLayer } from '../perimeter/table-layer.ts';

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
export function* checking(read: Layers): Generator<undefined, Consistency> {
  const layers = { ...read, perimeters: withinReachOf(read) };
  const { snapshot, mesh: objects, perimeters } = layers;
  const network = objects && readNetwork(objects.network);
  const replicas = replicasAmong(snapshot.pods, objects && network ? placesIn(objects, network) : () => '');
  const ofPolicies = objects && network ? boundariesInForce(replicas, objects, network) : [];
  const boundaries = distinct([
    ...boundariesOfIntent(snapshot),
    ...(objects ? boundariesOfMesh(objects, ofPolicies) : []),
    ...perimeters.flatMap(({ table }) => boundariesOfTable(table)),
    ...boundariesOfGateways(snapshot),
  ]);
  const index = new ProbeIndex(probesOf(boundaries));
  const vantages = perimeters.map(({ point }) => point.spec.vantage);
  const sources = sourcesIn(snapshot, objects, vantages);
  const tables = perimeters.map(({ point, table }) => tableLayer(table, fallbackOf(point.spec, table), index));
  const intent = intentLayer(index);
  const mesh =
    objects &&
    network &&
    meshLayer(
      objects,
      network,
      index,
      ofPolicies.some(({ to }) => to.names.length > 0),
    );
  const classes = podClasses(replicas, layers, tables, sources, network);
  const sharedAccess = new SharedAccess(classes, perimeters, intent, index.probes);
  const findings = new Findings();
  const comparison = {
    layers,
    index,
    intent,
    mesh,
    sharedAccess,
    findings,
    perimeters: new Perimeters(layers, tables, sources),
    foreignRoles: new Map(perimeters.map(({ point, table }) => [point.metadata.name, foreignRoles(table)] as const)),
  };
  const tellAtGateways = atGateways(comparison);
  yield undefined;
  for (const pods of classes) {
    tellAtGateways(pods, compare(comparison, pods));
    yield undefined;
  }
  reportOtherClusters(read, index, findings);
  reportForeignDoubts(layers, classes, tables, index, findings);
  reportSharedAddresses(layers, tables, index, findings);
  reportDoubtfulAttachments(layers, index, findings);
  reportAssumptions(layers, index, findings);
  reportUnknownGateways(layers, classes, index, findings);
  reportGateways(layers, sources, index, findings);
  reportUnownedSources(layers, tables, sources, index, findings);
  return summary(findings, classes.length * index.probes.length);
}

function withinReachOf({ snapshot, perimeters }: Layers): Layers['perimeters'] {
  const known = knownSources(snapshot, perimeters);
  return perimeters.map((perimeter) => ({ ...perimeter, table: withinReach(perimeter.table, known) }));
}

/** The lines that network policies draw which any pod is subject to. */
function boundariesInForce(
  replicas: readonly (readonly Pod[])[],
  { network: objects }: MeshSnapshot,
  network: Network,
): readonly Boundary[] {
  const used = lazily(() =>
    network.selecting(replicas.flatMap(([pod]) => (pod === undefined ? [] : endOf(pod, network)))),
  );
  return boundariesOfPolicies(objects, (policy) => used().has(policy));
}

function endOf({ namespace, labels, serviceAccount, addresses, hostNetwork }: Pod, { podEnd }: Network): PodEnd {
  return podEnd({ namespace, labels, serviceAccount, addresses, hostNetwork, namedPorts: undefined });
}

/** What no rule of ours matches is left to the device's own policies where the point says so. */
function fallbackOf(
  { defaultAction }: Layers['perimeters'][number]['point']['spec'],
  table: { fallback: 'Accept' | 'Deny' },
) {
  return defaultAction === 'Accept' ? defaultAction : table.fallback;
}

function summary(findings: Findings, classes: number): Consistency {
  const on = (side: Side): readonly Difference[] => findings.on(side);
  const differences = {
    meshOnly: on('meshOnly'),
    perimeterOnly: on('perimeterOnly'),
    blocked: on('blocked'),
    wider: on('wider'),
    narrower: on('narrower'),
  };
  const unknown = on('unknown');
  const consistent = [...Object.values(differences), unknown].every((found) => found.length === 0);
  return { consistent, ...differences, unknown, known: on('known'), classes };
}
