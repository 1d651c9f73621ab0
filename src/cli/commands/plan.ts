import { adapters } from '../../../adapters/index.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import { compareProblems, compareText, type Problem } from '../../core/model/problem.ts';
import { renderPlan } from '../../core/plan/render.ts';
import type { ManifestCluster } from '../../kube/manifests/assemble.ts';
import { secretNamed } from '../../kube/manifests/secret.ts';
import { Sessions } from '../../worker/sessions.ts';
import { systemClock } from '../clock.ts';
import { complain, exitFor, readInput, type InputOptions } from '../input.ts';
import { exitCodes, painter, UsageError, type ExitCode, type Io } from '../io.ts';
import { emptyDevices, liveDevices, planPoint, type FindDevice, type PointPlan } from '../plan-point.ts';

export interface PlanOptions extends InputOptions {
  readonly output: 'text' | 'json';
  readonly cluster: string;
  readonly point?: string;
  readonly live?: true;
}

/** What would change on the firewalls if these files were the cluster. Changes nothing. */
export async function plan(options: PlanOptions, io: Io): Promise<ExitCode> {
  const cluster = await readInput(options, io);
  const points = chosen(cluster.snapshot.enforcementPoints, options.point);
  const compiler = new Compiler();
  compiler.apply(toChanges(cluster.snapshot), new Date(systemClock.now()).toISOString());
  const { plans, failures } = await planAll(points, compiler, findDevices(options, cluster, io));
  const none = points.length === 0 ? [noPoint] : [];
  const problems = [...cluster.problems, ...compiler.problems(), ...failures, ...none].sort(compareProblems);
  if (options.output === 'json') io.out.write(`${JSON.stringify({ points: plans.map(asJson), problems }, null, 2)}\n`);
  else {
    complain(problems, io);
    for (const planned of plans) io.out.write(`${text(planned, options.live === true, io)}\n`);
  }
  return exitFor(problems, plans.some(({ changes }) => changes.length > 0) ? exitCodes.pending : exitCodes.ok);
}

const noPoint: Problem = {
  severity: 'warning',
  subject: 'EnforcementPoint',
  field: '',
  code: 'no-enforcement-point',
  message: 'there is none in these files, so that there is nothing to plan for; add one with -f',
};

function chosen(points: readonly EnforcementPoint[], name: string | undefined): readonly EnforcementPoint[] {
  const sorted = [...points].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
  if (name === undefined) return sorted;
  const found = sorted.filter(({ metadata }) => metadata.name === name);
  if (found.length > 0) return found;
  const known = sorted.map(({ metadata }) => metadata.name).join(', ') || 'none';
  throw new UsageError(`there is no EnforcementPoint "${name}" in these files; there are: ${known}`);
}

interface Devices {
  readonly find: FindDevice;
  readonly close: () => Promise<void>;
}

function findDevices({ live, cluster }: PlanOptions, { secrets }: ManifestCluster, io: Io): Devices {
  const owner = { cluster };
  const registry = async (kind: string) => adapters[kind]?.();
  if (live !== true) return { find: emptyDevices(registry, owner), close: () => Promise.resolve() };
  const sessions = new Sessions({
    adapters: registry,
    secrets: (name) => Promise.resolve(secretNamed(secrets, name, io.environment.namespace)),
    owner,
    clock: systemClock,
    signal: io.signal,
  });
  return { find: liveDevices(sessions), close: () => sessions.close() };
}

/** A device that does not answer costs its own plan, and nobody else's. */
async function planAll(
  points: readonly EnforcementPoint[],
  compiler: Compiler,
  { find, close }: Devices,
): Promise<{ readonly plans: readonly PointPlan[]; readonly failures: readonly Problem[] }> {
  const plans: PointPlan[] = [];
  const failures: Problem[] = [];
  try {
    for (const point of points) {
      const { name } = point.metadata;
      const desired = compiler.desired(name) ?? { point: name, defaultAction: 'Deny', groups: [], rules: [] };
      try {
        plans.push(planPoint(point, desired, await find(point)));
      } catch (error) {
        failures.push(failureOf(point, error));
      }
    }
  } finally {
    await close();
  }
  return { plans, failures };
}

function failureOf({ metadata }: EnforcementPoint, error: unknown): Problem {
  const base = { severity: 'error', subject: `EnforcementPoint/${metadata.name}` } as const;
  if (error instanceof AdapterError) return { ...base, field: '', code: error.errorClass, message: error.message };
  if (!(error instanceof UsageError)) throw error;
  const message = `${error.message}; choose one of: ${Object.keys(adapters).join(', ')}`;
  return { ...base, field: 'spec.adapter', code: 'unknown-adapter', message };
}

function asJson({ name, adapter, changes, nativeCalls, losses, guard }: PointPlan): unknown {
  const brief = changes.map(({ op, key, phase }) => ({ op, kind: key.kind, name: key.name, phase }));
  return { name, adapter, changes: brief, nativeCalls, losses, guard };
}

function text({ name, adapter, changes, nativeCalls, losses, guard }: PointPlan, live: boolean, io: Io): string {
  const paint = painter(io.out, io.environment);
  const against = live ? 'as it is now' : 'as if it were empty; --live reads the real one';
  return [
    `${paint(name, 'strong')} ${paint(`(${adapter}, ${against})`, 'dim')}`,
    renderPlan(changes, nativeCalls, paint),
    ...losses.map(({ effect, message }) => paint(`  ${effect}: ${message}`, 'warn')),
    ...guard.map(({ message }) => paint(`  held: ${message}`, 'bad')),
    '',
  ].join('\n');
}
