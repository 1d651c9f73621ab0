import { parseAllDocuments } from 'yaml';
import { istio } from '../../adapters/istio/adapter.ts';
import { gatewaysOf, istioConfigSchema, type IstioConfig } from '../../adapters/istio/config.ts';
import type { ExternalService } from '../../src/api/kinds.ts';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import type { MeshAnswer, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { clientsIn, flowsOf, permits, type Client, type Row } from './mesh-flows.ts';
import { readLosses } from './mesh-losses.ts';
import { playMesh, type PlayedFlow, type PlayedVerdict } from './istiod-engine.ts';

/*
 * What Postern writes for a cluster, put up as a mesh among what is there already, with every flow of interest played.
 */

/** One flow through the real mesh, with what the intent and the model of the mesh say of it. */
export interface Outcome {
  readonly flow: PlayedFlow;
  readonly real: PlayedVerdict;
  /** It was reached: does the intent permit the account to be there? Refused: undefined. */
  readonly isWithin: boolean | undefined;
  /** The matrix permits what was asked for, in the way that the service is to be spoken to. */
  readonly isWanted: boolean;
  /** Where it is wanted: the emission said beforehand that it cannot let it through. */
  readonly isTold: boolean;
  /** Undefined for ways that a model of flows does not know. */
  readonly model: MeshAnswer | undefined;
}

export interface PlayedWorld {
  readonly outcomes: readonly Outcome[];
  readonly refusals: readonly string[];
}

const written = '2026-06-01T00:00:00Z';

/** What Postern writes for a cluster that is described by these manifests, and what is there around it. */
export async function emitted(
  manifest: string,
): Promise<{ readonly ours: readonly KubernetesObject[]; readonly around: readonly KubernetesObject[] }> {
  const objects = parse(manifest);
  const rendered = await runPostern(['render', '-f', '-', '--point', 'mesh', '--format', 'yaml'], { stdin: manifest });
  const ours = parse(rendered.out).map((one) => ({
    ...one,
    metadata: { ...one.metadata, creationTimestamp: written },
  }));
  return { ours, around: aroundOf(objects, ours, configIn(objects)) };
}

/** Plays a cluster that is described by these manifests; objects of others are among them. */
export async function playCluster(engine: string, manifest: string): Promise<PlayedWorld> {
  const objects = parse(manifest);
  const config = configIn(objects);
  const [isTold, { ours, around }, matrix] = await Promise.all([
    readLosses(manifest),
    emitted(manifest),
    runPostern(['matrix', '-f', '-', '-o', 'json'], { stdin: manifest }),
  ]);
  const world = [...around, ...ours];
  const rows = JSON.parse(matrix.out) as readonly Row[];
  const services = objects.filter(({ kind }) => kind === 'ExternalService') as unknown as readonly ExternalService[];
  const described = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const gateways = gatewaysOf(config).filter(({ service }) => !described.has(`Service/${service}`));
  const asked = clientsIn(world).flatMap((client) => flowsOf(client, { services, config, rows, gateways }));
  const env = ['ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS=true'];
  const { verdicts, refusals } = await playMesh(
    engine,
    world,
    asked.map(({ flow }) => flow),
    { env },
  );
  const judge = modelOf(withoutRefused(world, refusals), config);
  const outcomes = asked.map(({ flow, client, target, wishes }): Outcome => {
    const real = verdicts.get(flow.id);
    if (real === undefined) throw new Error(`flow ${flow.id} was not played`);
    const isWithin =
      real.verdict === 'refused'
        ? undefined
        : permits(rows, services, client, real.server ?? '', real.server_port ?? 0);
    const isWanted = wishes.length > 0;
    return { flow, real, isWithin, isWanted, isTold: wishes.every(isTold), model: target && judge(client, target) };
  });
  return { outcomes, refusals };
}

export function parse(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
}

function configIn(objects: readonly KubernetesObject[]): IstioConfig {
  const point = objects.find(({ kind, metadata }) => kind === 'EnforcementPoint' && metadata.name === 'mesh');
  return istioConfigSchema.parse((point?.['spec'] as { config?: unknown } | undefined)?.config ?? {});
}

/** What is there, and what ours take for granted beside it. */
function aroundOf(
  objects: readonly KubernetesObject[],
  ours: readonly KubernetesObject[],
  config: IstioConfig,
): readonly KubernetesObject[] {
  const there = objects.filter(({ apiVersion }) => !apiVersion.startsWith('postern.dev/'));
  const names = new Set(there.map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`));
  const assumed = (istio.inMesh?.syntheticObjects?.(config, ours) ?? []).filter(
    ({ kind, metadata }) => !names.has(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`),
  );
  return [...there, ...assumed];
}

/** What istiod refuses is not there for the model either. */
export function withoutRefused(
  world: readonly KubernetesObject[],
  refusals: readonly string[],
): readonly KubernetesObject[] {
  const refused = refusals.flatMap((line) => /refused by istiod: (\w+) (\S+):/.exec(line)?.slice(1, 3).join(' ') ?? []);
  return world.filter(({ kind, metadata: { namespace, name } }) => !refused.includes(`${kind} ${namespace}/${name}`));
}

function modelOf(
  world: readonly KubernetesObject[],
  config: IstioConfig,
): (client: Client, target: MeshTarget) => MeshAnswer {
  const said = { ...istio.inMesh?.mesh?.(config), version: '1.31.0', wildcardTlsAtWaypoints: true };
  const namespaces = world.flatMap(({ kind, metadata: { name, labels = {} } }) =>
    kind === 'Namespace' ? [{ name, labels }] : [],
  );
  const mesh = meshIn({ objects: world, declared: said }, { namespaces });
  if (mesh === undefined) throw new Error('There is no mesh.');
  const { judge } = evaluateMesh(mesh);
  const meshed = config.plane === 'ambient' ? 'ambient' : 'sidecar';
  return ({ namespace, account, labels, address }, target) =>
    judge({ namespace, serviceAccount: account, podLabels: labels, meshed, addresses: [address] }, target);
}
