import { adapters } from '../../adapters/index.ts';
import { AdapterError } from '../adapter/errors.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { Compiler } from '../core/compile/compiler.ts';
import { compareText, type Problem } from '../core/model/problem.ts';
import { overGrantLoss } from '../core/status/object-rules.ts';
import { Sessions, type SecretSource, type SessionsDeps } from '../worker/sessions.ts';
import { systemClock } from '../compose/clock.ts';
import { UsageError, type Io } from '../cli/io.ts';
import { rehearse } from './rehearsal.ts';
import { liveDevices, planPoint, type FindDevice, type PointPlan } from './plan-point.ts';

/** Where the devices of points are found, for as long as they are needed. */
export interface Devices {
  readonly find: FindDevice;
  readonly close: () => Promise<void>;
  /** Ask them, too, what they would say to the changes, until this is aborted; absent: they are only read. */
  readonly rehearseUntil?: AbortSignal;
}

/** Connections to the real devices, opened as they are needed. */
export function openSessions(
  cluster: string,
  secrets: SecretSource,
  { signal }: Io,
  through?: Pick<SessionsDeps, 'around' | 'onRequest' | 'kubernetes'>,
): Sessions {
  const registry = async (kind: string) => adapters[kind]?.();
  return new Sessions({ ...through, adapters: registry, secrets, owner: { cluster }, clock: systemClock, signal });
}

/** The real devices, asked only what they have. */
export function openDevices(
  cluster: string,
  secrets: SecretSource,
  io: Io,
  through: Pick<SessionsDeps, 'kubernetes'>,
): Devices {
  const sessions = openSessions(cluster, secrets, io, through);
  return { find: liveDevices(sessions), close: () => sessions.close() };
}

/** All of them by name, or the one that is asked for. @throws UsageError when it is not there */
export function chosen(points: readonly EnforcementPoint[], name: string | undefined): readonly EnforcementPoint[] {
  const sorted = [...points].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
  if (name === undefined) return sorted;
  const found = sorted.filter(({ metadata }) => metadata.name === name);
  if (found.length > 0) return found;
  const known = sorted.map(({ metadata }) => metadata.name).join(', ') || 'none';
  throw new UsageError(`there is no EnforcementPoint "${name}"; there are: ${known}`);
}

/** A device that does not answer costs its own plan, and nobody else's. */
export async function planAll(
  points: readonly EnforcementPoint[],
  compiler: Compiler,
  { find, close, rehearseUntil: signal }: Devices,
): Promise<{ readonly plans: readonly PointPlan[]; readonly failures: readonly Problem[] }> {
  const plans: PointPlan[] = [];
  const failures: Problem[] = [];
  try {
    for (const point of points) {
      const { name } = point.metadata;
      const desired = compiler.desired(name) ?? { point: name, defaultAction: 'Deny', groups: [], rules: [] };
      try {
        const device = await find(point);
        const planned = planPoint(point, desired, device);
        const overGrants = compiler.overGrants(name).map(overGrantLoss);
        plans.push({ ...planned, losses: [...planned.losses, ...overGrants] });
        if (signal !== undefined) failures.push(...(await rehearse(point, planned, device, signal)));
      } catch (error) {
        failures.push(failureOf(point, error));
      }
    }
  } finally {
    await close();
  }
  return { plans, failures };
}

/** What a person reads of a point that could not be looked at. */
export function failureOf({ metadata }: EnforcementPoint, error: unknown): Problem {
  const base = { severity: 'error', subject: `EnforcementPoint/${metadata.name}` } as const;
  if (error instanceof AdapterError) return { ...base, field: '', code: error.errorClass, message: error.message };
  if (!(error instanceof UsageError)) throw error;
  const message = `${error.message}; choose one of: ${Object.keys(adapters).join(', ')}`;
  return { ...base, field: 'spec.adapter', code: 'unknown-adapter', message };
}
