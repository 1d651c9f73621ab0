import { loadAdapter } from '../../../adapters/index.ts';
import { AdapterError } from '../../adapter/errors.ts';
import { offlineAdapter } from '../../adapter/registry.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Problem } from '../../api/problem.ts';
import type { Resource } from '../../core/model/resource.ts';
import { diff } from '../../core/plan/diff.ts';
import type { LiveReading } from '../../report/rules/in-force.ts';
import type { PointInput } from '../../report/rules/from-intent.ts';
import type { Sessions } from '../../worker/sessions/sessions.ts';
import type { Assumption } from '../../verify/compare/assumptions.ts';
import { affectedIds } from '../../core/plan/affected.ts';
import type { CompiledIntent } from '../intent.ts';
import { failureOf } from '../points.ts';
import type { PointRecord } from './record.ts';

interface Sources {
  readonly intent: Pick<CompiledIntent, 'desired' | 'overGrants'>;
  /** Name of the cluster, in the mark of every object. */
  readonly cluster: string;
  readonly records: ReadonlyMap<string, PointRecord>;
  /** Devices to ask; undefined: none. */
  readonly sessions: Sessions | undefined;
  /** Is this point to be asked? */
  readonly asks: (point: string) => boolean;
  readonly assumptions: readonly Assumption[];
  /** When devices are asked, RFC 3339. */
  readonly at: string;
}

/** What each point should enforce, and what is known of it. A device that does not answer costs its own part alone. */
export async function readPoints(
  points: readonly EnforcementPoint[],
  { intent, cluster, records, sessions, asks, assumptions, at }: Sources,
): Promise<{ readonly inputs: readonly PointInput[]; readonly failures: readonly Problem[] }> {
  const inputs: PointInput[] = [];
  const failures: Problem[] = [];
  for (const point of points) {
    const { name } = point.metadata;
    const desired = intent.desired(name);
    const attempt = async (read: () => Promise<Asked>): Promise<Asked | undefined> =>
      read().catch((error: unknown) => {
        failures.push(failureOf(point, error));
        return undefined;
      });
    const device = asks(name) ? sessions : undefined;
    const asked = device && (await attempt(() => ask(point, desired, device, at)));
    const known = asked ?? (await attempt(() => expect(point, desired, cluster)));
    inputs.push({
      point,
      desired,
      overGrants: intent.overGrants(name),
      record: records.get(name)?.record,
      lowered: known?.lowered,
      inMesh: known?.inMesh ?? null,
      assumes: assumptions.filter((one) => one.point === name).map(({ reason }) => reason),
      live: known?.live,
      unanswered: device !== undefined && asked === undefined,
    });
  }
  return { inputs, failures };
}

type Asked = Pick<PointInput, 'lowered' | 'live'> & { readonly inMesh: boolean };

/** What a device of this kind would be told, without asking one. */
async function expect(point: EnforcementPoint, desired: DesiredState, cluster: string): Promise<Asked> {
  const { adapter, context } = await offlineAdapter(loadAdapter, point, { cluster });
  return { lowered: adapter.lower(desired, context), inMesh: adapter.inMesh !== undefined, live: undefined };
}

/** What the device is told, what it has, and what it says. Reads only. */
async function ask(point: EnforcementPoint, desired: DesiredState, sessions: Sessions, at: string): Promise<Asked> {
  const { adapter, session, context } = await sessions.open(point);
  const lowered = adapter.lower(desired, context);
  const { complete, resources } = await session.observe();
  const { changes } = diff(lowered.resources, resources);
  const known: readonly Resource[] = [...resources, ...lowered.resources];
  const { state, evidence, proxies } = await session.live();
  const hits = await session.evidence?.().catch((error: unknown) => {
    if (error instanceof AdapterError) return undefined; // the rules count without it
    throw error;
  });
  const live: LiveReading = {
    at,
    version: context.capabilities.version,
    complete,
    state,
    evidence,
    ...(proxies && { proxies }),
    differences: changes.length,
    differing: new Set(affectedIds(changes, known)),
    hits: hits && new Map(hits.map((hit) => [hit.rule, hit])),
  };
  return { lowered, inMesh: adapter.inMesh !== undefined, live };
}
