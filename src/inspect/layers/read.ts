import { loadAdapter } from '../../../adapters/index.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Problem } from '../../api/problem.ts';
import { lazyObjects } from '../../kube/client/connect.ts';
import { meshObjects } from '../../kube/mesh/cluster.ts';
import { layersOf, settingsOf, writtenPoint, type ReadPoint } from '../../layers/layers.ts';
import type { Layers } from '../../verify/layers.ts';
import type { Sessions } from '../../worker/sessions/sessions.ts';
import { emptyDevices, openSessions } from '../devices.ts';
import { grouped } from '../../core/model/grouped.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { pointStatusSchema } from '../../api/status.ts';
import { compileIntent, readIntent, type Intent, type IntentOptions } from '../intent.ts';
import { choosePoints, eachPoint } from '../points.ts';
import type { World } from '../world.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { withSyntheticObjects } from './synthetic-objects.ts';

export interface LayersOptions extends IntentOptions {
  readonly live?: true;
  readonly point?: string;
  /** Without points that only observe, which have nothing in force; with `live` they are left out anyway. */
  readonly enforcing?: true;
  /** With `live`: ask meshes which proxies have what was written. */
  readonly asksProxies?: true;
}

export interface ReadLayers {
  readonly layers: Layers;
  readonly points: readonly ReadPoint[];
  /** Points that are not looked at, and why: `mode Observe`. */
  readonly left: readonly { readonly name: string; readonly adapter: string; readonly why: string }[];
  readonly problems: readonly Problem[];
  /** Those of `problems` that leave something out of the layers: it was given and could not be read. */
  readonly unread: readonly Problem[];
}

/**
 * Every layer that decides on flows: as it would be written for files or for the cluster, or with `--live` as the
 * devices and the cluster have it.
 */
export async function readLayers(options: LayersOptions, world: World): Promise<ReadLayers> {
  if (options.live === true) return liveLayers(await readIntent(options, world), options, world);
  const given = options.cluster ?? world.environment.cluster;
  const ofFiles = options.filename !== undefined;
  const intent = await readIntent(ofFiles ? options : { ...options, cluster: given ?? 'cluster' }, world);
  // In the names of rules; without one, and without a status that says it, they have no owner.
  const cluster = given ?? nameIn(choosePoints(intent, options.point)) ?? intent.cluster;
  const foreignObjects = ofFiles ? intent.foreignObjects : await meshObjects(lazyObjects(options, world.signal));
  return writtenLayers({ ...intent, cluster, foreignObjects }, options, world);
}

/**
 * What the cluster is called, as far as statuses say where points wrote to: `fortigate fw VDOM root, cluster east`.
 *
 * @throws UsageError where they name several
 */
function nameIn(points: readonly EnforcementPoint[]): string | undefined {
  const named = points.flatMap((point) => {
    const { writesTo = '' } = pointStatusSchema.safeParse(point['status']).data ?? {};
    const name = /, cluster (\S+)$/.exec(writesTo)?.[1];
    return name === undefined ? [] : [[name, point.metadata.name] as const];
  });
  const pointsOf = grouped(named);
  const [name] = pointsOf.keys();
  if (pointsOf.size < 2) return name;
  const names = [...pointsOf].map(([cluster, own]) => `${cluster} (${own.join(', ')})`);
  throw new UsageError(
    `which cluster is this? by their statuses the enforcement points write for several, ${names.join(' and ')}: give --cluster, or one of them with --point`,
  );
}

/** The layers as they would be written, beside what others have written there: no device is asked. */
export async function writtenLayers(
  intent: Omit<Intent, 'secrets'>,
  { point, enforcing }: Pick<LayersOptions, 'point' | 'enforcing'>,
  { clock }: Pick<World, 'clock'>,
): Promise<ReadLayers> {
  const snapshot = withSyntheticObjects(intent.snapshot);
  const now = clock.now();
  const { desired, problems } = compileIntent(snapshot, now);
  const find = emptyDevices(intent.cluster);
  const chosen = choosePoints({ ...intent, snapshot }, point);
  const left = enforcing ? chosen.filter(({ spec }) => spec.mode === 'Observe') : [];
  const { found, failures } = await eachPoint(
    chosen.filter((one) => !left.includes(one)),
    async (one) => writtenPoint(one, desired(one.metadata.name), await find(one)),
  );
  const mesh = { objects: intent.foreignObjects };
  const layers = layersOf({ snapshot, remaining: remainingFrom(now), points: found, mesh, complete: false });
  return { layers, points: found, left: left.map(leftOut), ...problemsOf(intent, problems(), failures) };
}

/** The layers as the devices and the cluster have them. Of files, in-mesh points are taken as they would be written. */
async function liveLayers(intent: Intent, options: LayersOptions, world: World): Promise<ReadLayers> {
  const { snapshot } = intent;
  const now = world.clock.now();
  const { desired, problems } = compileIntent(snapshot, now);
  const kubernetes = options.filename === undefined ? lazyObjects(options, world.signal) : undefined;
  const sessions = openSessions(intent, world, kubernetes && { kubernetes });
  const find = emptyDevices(intent.cluster);
  const chosen = choosePoints(intent, options.point);
  const left = chosen.filter(({ spec }) => spec.mode === 'Observe');
  try {
    const { found, failures } = await eachPoint(
      chosen.filter((point) => !left.includes(point)),
      async (point) => {
        const wanted = desired(point.metadata.name);
        const inMesh = (await loadAdapter(point.spec.adapter))?.inMesh !== undefined;
        if (inMesh && kubernetes === undefined) return writtenPoint(point, wanted, await find(point));
        return observedPoint(point, wanted, sessions, inMesh && options.asksProxies === true);
      },
    );
    const objects = kubernetes ? await meshObjects(kubernetes, settingsOf(found)) : intent.foreignObjects;
    const complete = kubernetes !== undefined;
    const layers = layersOf({ snapshot, remaining: remainingFrom(now), points: found, mesh: { objects }, complete });
    return { layers, points: found, left: left.map(leftOut), ...problemsOf(intent, problems(), failures) };
  } finally {
    await sessions.close();
  }
}

/** What compiling says is no reason why something was not read. */
function problemsOf(
  intent: Pick<Intent, 'problems'>,
  compiled: readonly Problem[],
  failures: readonly Problem[],
): Pick<ReadLayers, 'problems' | 'unread'> {
  return {
    problems: [...intent.problems, ...compiled, ...failures],
    unread: unreadOf([...intent.problems, ...failures]),
  };
}

function unreadOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === 'error');
}

function leftOut({ metadata, spec }: EnforcementPoint): ReadLayers['left'][number] {
  const why = 'the point is in mode Observe: no rule of Postern is in force there';
  return { name: metadata.name, adapter: spec.adapter, why };
}

/** A point as its device says that it is. */
async function observedPoint(
  point: EnforcementPoint,
  desired: DesiredState,
  sessions: Sessions,
  asksProxies: boolean,
): Promise<ReadPoint> {
  const { adapter, session, context } = await sessions.open(point);
  const { resources, others, complete } = await session.observe();
  if (!complete) throw new AdapterError('transient', 'The device could not be read completely: try again.');
  const { losses } = adapter.lower(desired, context);
  const proxies = asksProxies ? (await session.live()).proxies : undefined;
  return {
    point,
    adapter,
    context,
    desired,
    resources,
    losses,
    ...(others && { others }),
    ...(proxies && { proxies }),
  };
}
