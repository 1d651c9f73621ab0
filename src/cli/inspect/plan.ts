import { adapters } from '../../../adapters/index.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import { compareProblems, type Problem } from '../../core/model/problem.ts';
import { renderPlan } from '../../core/plan/render.ts';
import type { ManifestCluster } from '../../kube/manifests/assemble.ts';
import { secretNamed } from '../../kube/kinds/secret.ts';
import { systemClock } from '../../compose/clock.ts';
import { lazyObjects } from '../../compose/lazy-cluster.ts';
import { complain, exitFor, readInput, type InputOptions } from '../input.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { emptyDevices, type PointPlan } from '../../inspect/plan-point.ts';
import { chosen, openDevices, planAll, type Devices } from '../../inspect/plan-points.ts';

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

function findDevices({ live, cluster }: PlanOptions, { secrets }: ManifestCluster, io: Io): Devices {
  const registry = async (kind: string) => adapters[kind]?.();
  if (live !== true) return { find: emptyDevices(registry, { cluster }), close: () => Promise.resolve() };
  const named = (name: string) => Promise.resolve(secretNamed(secrets, name, io.environment.namespace));
  return { ...openDevices(cluster, named, io, { kubernetes: lazyObjects({}) }), rehearseUntil: io.signal };
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
