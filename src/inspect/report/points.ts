import { adapters } from '../../../adapters/index.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Compiler } from '../../core/compile/compiler.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Problem } from '../../core/model/problem.ts';
import type { Resource } from '../../core/model/resource.ts';
import { diff } from '../../core/plan/diff.ts';
import type { LiveReading } from '../../report/rules/in-force.ts';
import type { PointInput } from '../../report/rules/from-intent.ts';
import { overGrantLoss } from '../../core/status/object-rules.ts';
import type { Sessions } from '../../worker/sessions.ts';
import { affectedIds } from '../../worker/affected.ts';
import { systemClock } from '../../compose/clock.ts';
import { emptyDevices } from '../plan-point.ts';
import { failureOf } from '../plan-points.ts';
import type { PointRecord } from './record.ts';

interface Sources {
  readonly compiler: Compiler;
  /** Name of the cluster, in the mark of every object. */
  readonly cluster: string;
  readonly records: ReadonlyMap<string, PointRecord>;
  /** Devices to ask; undefined: none. */
  readonly sessions: Sessions | undefined;
  /** Is this point to be asked? */
  readonly asks: (point: string) => boolean;
}

/** What is wanted of each point, and what is known of it. A device that does not answer costs its own part alone. */
export async function readPoints(
  points: readonly EnforcementPoint[],
  sources: Sources,
): Promise<{ readonly inputs: readonly PointInput[]; readonly failures: readonly Problem[] }> {
  const inputs: PointInput[] = [];
  const failures: Problem[] = [];
  for (const point of points) {
    const { name } = point.metadata;
    const desired = sources.compiler.desired(name) ?? { point: name, defaultAction: 'Deny', groups: [], rules: [] };
    const base = {
      point,
      desired,
      overGrants: sources.compiler.overGrants(name).map(overGrantLoss),
      record: sources.records.get(name)?.record,
    };
    const attempt = async (read: () => Promise<Asked>): Promise<Asked | undefined> =>
      read().catch((error: unknown) => {
        failures.push(failureOf(point, error));
        return undefined;
      });
    const { sessions } = sources;
    const asked = sessions && sources.asks(name) ? await attempt(() => ask(point, desired, sessions)) : undefined;
    const known = asked ?? (await attempt(() => expect(point, desired, sources.cluster)));
    inputs.push({ ...base, lowered: known?.lowered, inMesh: known?.inMesh ?? null, live: known?.live });
  }
  return { inputs, failures };
}

type Asked = Pick<PointInput, 'lowered' | 'live'> & { readonly inMesh: boolean };

/** What a device of this kind would be told, without asking one. */
async function expect(point: EnforcementPoint, desired: DesiredState, cluster: string): Promise<Asked> {
  const { adapter, context } = await emptyDevices(async (kind) => adapters[kind]?.(), { cluster })(point);
  return { lowered: adapter.lower(desired, context), inMesh: adapter.inMesh !== undefined, live: undefined };
}

/** What the device is told, what it has, and what it says. Reads only. */
async function ask(point: EnforcementPoint, desired: DesiredState, sessions: Sessions): Promise<Asked> {
  const { adapter, session, context } = await sessions.open(point);
  const lowered = adapter.lower(desired, context);
  const { complete, resources } = await session.observe();
  const { changes } = diff(lowered.resources, resources);
  const known: readonly Resource[] = [...resources, ...lowered.resources];
  const { state, evidence } = await session.live();
  const hits = await session.evidence?.().catch((error: unknown) => {
    if (error instanceof AdapterError) return undefined; // the rules count without it
    throw error;
  });
  const live: LiveReading = {
    at: new Date(systemClock.now()).toISOString(),
    version: context.capabilities.version,
    complete,
    state,
    evidence,
    differences: changes.length,
    differing: new Set(affectedIds(changes, known)),
    hits: hits && new Map(hits.map((hit) => [hit.rule, hit])),
  };
  return { lowered, inMesh: adapter.inMesh !== undefined, live };
}
