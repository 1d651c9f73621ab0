import { remainingFrom } from '../../verify/values/time.ts';
import { adapters } from '../../../adapters/index.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Problem } from '../../core/model/problem.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Layers } from '../../verify/layers.ts';
import { snapshotAfter } from '../../core/model/snapshot-keeper.ts';
import { withSyntheticObjects } from './synthetic-objects.ts';
import { meshObjects } from '../../kube/mesh/cluster.ts';
import type { ManifestCluster } from '../../kube/manifests/assemble.ts';
import { secretNamed } from '../../kube/kinds/secret.ts';
import type { Sessions } from '../../worker/sessions.ts';
import { systemClock } from '../../compose/clock.ts';
import { lazyObjects } from '../../compose/lazy-cluster.ts';
import { readInput } from '../../cli/input.ts';
import { readIntent, type IntentOptions } from '../intent.ts';
import type { Io } from '../../cli/io.ts';
import { emptyDevices } from '../plan-point.ts';
import { chosen, failureOf, openSessions } from '../plan-points.ts';
import { layersOf, settingsOf, writtenPoint, type ReadPoint } from '../../layers/layers.ts';

export interface LayersOptions extends IntentOptions {
  readonly live?: true;
  readonly point?: string;
}

export interface ReadLayers {
  readonly layers: Layers;
  readonly points: readonly ReadPoint[];
  /** Points that are not looked at, and why: `mode Observe`. */
  readonly left: readonly { readonly name: string; readonly adapter: string; readonly why: string }[];
  readonly problems: readonly Problem[];
}

/**
 * Everything that decides: as it would be written for files or for the cluster, or with `--live` as the devices and the
 * cluster have it.
 */
export function readLayers(options: LayersOptions, io: Io): Promise<ReadLayers> {
  if (options.live === true) return readLive(options, io);
  if (options.filename !== undefined) return readWritten(options, options.filename, io);
  return readCluster(options, io);
}

/** What would be written for the cluster as it is, beside what others have written there: no device is asked. */
async function readCluster(options: LayersOptions, io: Io): Promise<ReadLayers> {
  const cluster = options.cluster ?? io.environment.cluster ?? 'cluster';
  const { changes, problems } = await readIntent({ ...options, cluster }, io);
  const foreignObjects = await meshObjects(lazyObjects(options));
  return writtenLayers({ snapshot: snapshotAfter(changes), problems, foreignObjects, secrets: [] }, options, io);
}

async function readWritten(options: LayersOptions, filename: readonly string[], io: Io): Promise<ReadLayers> {
  return writtenLayers(await readInput({ filename }, io), options, io);
}

/** What decides, as it would be written for files that were read. */
export async function writtenLayers(
  input: ManifestCluster,
  options: Pick<LayersOptions, 'point' | 'cluster'>,
  io: Io,
): Promise<ReadLayers> {
  const snapshot = withSyntheticObjects(input.snapshot);
  const now = systemClock.now();
  const { desired, problems } = compiled(snapshot, now);
  const owner = { cluster: options.cluster ?? io.environment.cluster ?? 'manifests' };
  const find = emptyDevices(async (kind) => adapters[kind]?.(), owner);
  const failures: Problem[] = [];
  const points: ReadPoint[] = [];
  for (const point of chosen(snapshot.enforcementPoints, options.point)) {
    try {
      points.push(writtenPoint(point, desired(point.metadata.name), await find(point)));
    } catch (error) {
      failures.push(failureOf(point, error));
    }
  }
  const remaining = remainingFrom(now);
  const layers = layersOf({ snapshot, remaining, points, mesh: { objects: input.foreignObjects }, complete: false });
  return { layers, points, left: [], problems: [...input.problems, ...problems, ...failures] };
}

async function readLive(options: LayersOptions, io: Io): Promise<ReadLayers> {
  const files = options.filename === undefined ? undefined : await readInput({ filename: options.filename }, io);
  const intent = files ? ofFiles(files, options, io) : await readIntent(options, io);
  const snapshot = snapshotAfter(intent.changes);
  const now = systemClock.now();
  const { desired, problems } = compiled(snapshot, now);
  const kubernetes = files ? undefined : lazyObjects(options);
  const sessions = openSessions(intent.cluster, intent.secrets, io, kubernetes && { kubernetes });
  const find = emptyDevices(async (kind) => adapters[kind]?.(), { cluster: intent.cluster });
  /** Of objects in a cluster there are only files where files are all there is. */
  const read = async (point: EnforcementPoint, wanted: DesiredState): Promise<ReadPoint> => {
    const inMesh = (await adapters[point.spec.adapter]?.())?.inMesh !== undefined;
    if (inMesh && kubernetes === undefined) return writtenPoint(point, wanted, await find(point));
    return observed(point, wanted, sessions);
  };
  const failures: Problem[] = [];
  const points: ReadPoint[] = [];
  const left: ReadLayers['left'][number][] = [];
  try {
    for (const point of chosen(snapshot.enforcementPoints, options.point)) {
      const { name } = point.metadata;
      if (point.spec.mode === 'Observe') {
        left.push({ name, adapter: point.spec.adapter, why: 'it only observes: nothing of ours is in force there' });
        continue;
      }
      try {
        points.push(await read(point, desired(name)));
      } catch (error) {
        failures.push(failureOf(point, error));
      }
    }
    const objects = kubernetes ? await meshObjects(kubernetes, settingsOf(points)) : (files?.foreignObjects ?? []);
    const remaining = remainingFrom(now);
    const layers = layersOf({ snapshot, remaining, points, mesh: { objects }, complete: kubernetes !== undefined });
    return { layers, points, left, problems: [...intent.problems, ...problems, ...failures] };
  } finally {
    await sessions.close();
  }
}

/** A point as its device says that it is. */
async function observed(point: EnforcementPoint, desired: DesiredState, sessions: Sessions): Promise<ReadPoint> {
  const { adapter, session, context } = await sessions.open(point);
  const { resources, complete } = await session.observe();
  if (!complete) throw new AdapterError('transient', 'The device could not be read completely: try again.');
  const { losses } = adapter.lower(desired, context);
  return { point, adapter, context, desired, resources, losses };
}

function ofFiles(
  { snapshot, secrets, problems }: ManifestCluster,
  { cluster }: LayersOptions,
  { environment }: Io,
): Awaited<ReturnType<typeof readIntent>> {
  return {
    changes: toChanges(snapshot),
    problems,
    secrets: (name) => Promise.resolve(secretNamed(secrets, name, environment.namespace)),
    cluster: cluster ?? environment.cluster ?? 'manifests',
  };
}

/** What every point should enforce. */
export function compiled(
  snapshot: Snapshot,
  now: number,
): { readonly desired: (point: string) => DesiredState; readonly problems: readonly Problem[] } {
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), new Date(now).toISOString());
  return {
    desired: (point) => compiler.desired(point) ?? { point, defaultAction: 'Deny', groups: [], rules: [] },
    problems: compiler.problems(),
  };
}
