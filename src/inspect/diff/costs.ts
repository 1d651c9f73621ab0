import type { Capabilities } from '../../adapter/capabilities.ts';
import type { LayerPoint } from '../../diff/layers.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { compareText, type Problem } from '../../api/problem.ts';
import type { Loss, Resource } from '../../core/model/resource.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { acceptedGapsOf } from '../../verify/compare/accepted-gaps.ts';
import { emptyDevices, type FindDevice } from '../devices.ts';
import { compileIntent, type CompiledIntent } from '../intent.ts';
import { planPoint, type PointPlan } from '../plan.ts';
import { eachPoint } from '../points.ts';

/** What it takes to bring one device from one world to the other. */
export interface PointCost extends Pick<PointPlan, 'name' | 'adapter' | 'nativeCalls' | 'changes' | 'guard'> {
  /** Is it a point of both worlds? */
  readonly point: 'kept' | 'added' | 'removed';
  readonly settleSeconds: Capabilities['settleSeconds'];
  /** Objects of ours that it has then, and had before. */
  readonly objects: number;
  readonly objectsBefore: number;
  /** What it cannot express then, and did not have to before. */
  readonly losses: readonly Loss[];
  /** Addresses of the largest group, and how many one group of the device holds: a larger one is divided. Null: any number. */
  readonly largestGroup: { readonly members: number; readonly max: number | null };
}

export interface Costs {
  readonly points: readonly PointCost[];
  readonly layersBefore: readonly LayerPoint[];
  readonly layersAfter: readonly LayerPoint[];
  /** Of points that cannot be planned, and what the compiler says of the world after and did not say before. */
  readonly problems: readonly Problem[];
}

/** Lowers both worlds for every point and compares, as if each device had exactly what the world before asks for. */
export async function costsOf(before: Snapshot, after: Snapshot, now: number): Promise<Costs> {
  const find = emptyDevices('diff');
  const was = await lowered(before, now, find);
  const is = await lowered(after, now, find);
  const names = [...new Set([...was.points.keys(), ...is.points.keys()])].sort(compareText);
  const told = new Set(was.problems.map((problem) => JSON.stringify(problem)));
  return {
    points: names.flatMap((name) => costOf(was.points.get(name), is.points.get(name)) ?? []),
    layersBefore: layersIn(was),
    layersAfter: layersIn(is),
    problems: is.problems.filter((problem) => !told.has(JSON.stringify(problem))),
  };
}

interface LoweredPoint {
  readonly point: EnforcementPoint;
  readonly device: Awaited<ReturnType<FindDevice>>;
  readonly desired: ReturnType<CompiledIntent['desired']>;
  readonly resources: readonly Resource[];
  readonly losses: readonly Loss[];
}

interface LoweredWorld {
  readonly points: ReadonlyMap<string, LoweredPoint>;
  readonly problems: readonly Problem[];
}

async function lowered(snapshot: Snapshot, now: number, find: FindDevice): Promise<LoweredWorld> {
  const compiled = compileIntent(snapshot, now);
  const { found, failures } = await eachPoint(snapshot.enforcementPoints, async (point): Promise<LoweredPoint> => {
    const { name } = point.metadata;
    const device = await find(point);
    const desired = compiled.desired(name);
    const { resources, losses } = device.adapter.lower(desired, device.context);
    return { point, device, desired, resources, losses: [...losses, ...compiled.overGrants(name)] };
  });
  const points = new Map(found.map((one) => [one.point.metadata.name, one]));
  return { points, problems: [...compiled.problems(), ...failures] };
}

function layersIn({ points }: LoweredWorld): readonly LayerPoint[] {
  return [...points.values()].map(({ point, desired, losses }) => ({ point, gaps: acceptedGapsOf(desired, losses) }));
}

function costOf(was: LoweredPoint | undefined, is: LoweredPoint | undefined): PointCost | undefined {
  if (is === undefined) return was && removed(was);
  const observed = { complete: true, resources: was?.resources ?? [], foreign: [] };
  const device = { ...is.device, observed };
  const { name, adapter, nativeCalls, changes, guard } = planPoint(is.point, is.desired, device, is);
  const known = new Set(was?.losses.map(lossText));
  return {
    ...{ name, adapter, nativeCalls, changes, guard },
    point: was === undefined ? 'added' : 'kept',
    settleSeconds: device.context.capabilities.settleSeconds,
    objects: is.resources.length,
    objectsBefore: was?.resources.length ?? 0,
    losses: is.losses.filter((loss) => !known.has(lossText(loss))),
    largestGroup: largestGroupOf(is),
  };
}

/** No worker handles it then; its device keeps its rules until they are withdrawn. */
function removed(was: LoweredPoint): PointCost {
  const { point, device, resources } = was;
  return {
    name: point.metadata.name,
    adapter: device.adapter.kind,
    point: 'removed',
    settleSeconds: device.context.capabilities.settleSeconds,
    objects: resources.length,
    objectsBefore: resources.length,
    largestGroup: largestGroupOf(was),
    ...{ nativeCalls: 0, changes: [], guard: [], losses: [] },
  };
}

function largestGroupOf({ desired, device }: LoweredPoint): PointCost['largestGroup'] {
  const members = desired.groups.reduce((most, group) => Math.max(most, group.members.length), 0);
  const max = device.context.capabilities.maxMembersPerGroup;
  return { members, max: max < Number.MAX_SAFE_INTEGER ? max : null };
}

function lossText({ effect, id, code, message }: Loss): string {
  return JSON.stringify([effect, id, code, message]);
}
