import { AdapterError } from '../../adapter/errors.ts';
import { offlineAdapter, type AdapterRegistry } from '../../adapter/registry.ts';
import type { Clock } from '../../adapter/adapter.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { pointStatus } from '../../core/status/point-status.ts';
import { meshObjects } from '../../kube/mesh/cluster.ts';
import { layersOf, settingsOf, writtenPoint, type ReadPoint } from '../../layers/layers.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { findPod, flowIn } from '../../verify/why/question.ts';
import { whyOf } from '../../verify/why/why.ts';
import type { WhyView } from '../views/shapes.ts';
import type { FollowedWorld } from './world.ts';

export interface Asked {
  /** `namespace/pod`, or a workload. */
  readonly from: string;
  /** `host:port` */
  readonly to: string;
}

interface WhyDeps {
  readonly adapters: AdapterRegistry;
  readonly cluster: string;
  readonly clock: Clock;
}

/** As `postern why` answers, from what this process wants of each layer. @throws UsageError when it cannot be asked so */
export async function answerWhy(world: FollowedWorld, { from, to }: Asked, deps: WhyDeps): Promise<WhyView> {
  const cluster = world.snapshot();
  const [flow, pod] = [flowIn(to), findPod(cluster, from)];
  const { points, limits } = await wantedPoints(world, deps);
  // What a worker has reported is newer than any status that was read, and there without a cluster, too.
  const snapshot = { ...cluster, enforcementPoints: points.map(({ point }) => point) };
  const objects = await clusterObjects(world, points, limits);
  const remaining = remainingFrom(deps.clock.now());
  const enforcing = points.filter(({ point }) => point.spec.mode === 'Enforce');
  const layers = layersOf({ snapshot, remaining, points: enforcing, mesh: { objects }, complete: false });
  const { verdict, policy, sentence, layers: steps, restsOn } = whyOf(layers, { pod, flow, points, live: false });
  const shown = steps.map(({ advice = '', ...step }) => ({ ...step, advice }));
  const sure = limits.length === 0 || verdict === 'Deny' ? verdict : 'Unknown';
  return { from, to, verdict: sure, policy, sentence, steps: shown, restsOn, limits };
}

async function wantedPoints(world: FollowedWorld, deps: WhyDeps) {
  const { publisher } = world;
  const { adapters, cluster } = deps;
  const points: ReadPoint[] = [];
  const limits: string[] = [];
  for (const spec of publisher.points()) {
    const { name } = spec.metadata;
    const point = { ...spec, status: await reportedStatus(world, spec, deps) };
    try {
      const wanted = await publisher.read((compiled) => compiled.desired(name));
      if (wanted === undefined) limits.push(`${name} has not been compiled yet`);
      else points.push(writtenPoint(point, wanted, await offlineAdapter(adapters, point, { cluster })));
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      limits.push(error.message);
    }
  }
  return { points, limits };
}

async function reportedStatus({ outcomes }: FollowedWorld, point: EnforcementPoint, { clock }: WhyDeps) {
  const { name, generation } = point.metadata;
  const now = new Date(clock.now()).toISOString();
  const outcome = await outcomes.last(name);
  return pointStatus({ name, generation, problems: [], outcome, overGrants: [], before: undefined, now });
}

/** What others have written into the cluster and decides as well. */
async function clusterObjects(
  { kubernetes }: FollowedWorld,
  points: readonly ReadPoint[],
  limits: string[],
): Promise<readonly unknown[]> {
  if (kubernetes === undefined) return [];
  try {
    return await meshObjects(kubernetes, settingsOf(points));
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    limits.push(`what else decides in the cluster could not be read (see the component consistency): ${error.message}`);
    return [];
  }
}
