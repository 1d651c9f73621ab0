import { Compiler } from '../../core/compile/compiler.ts';
import type { Difference } from '../../core/model/outcome.ts';
import { compareProblems, type Problem } from '../../core/model/problem.ts';
import { differencesOf, sentenceOf } from '../../core/status/drift.ts';
import { systemClock } from '../../compose/clock.ts';
import { lazyObjects } from '../../compose/lazy-cluster.ts';
import { complain, exitFor } from '../input.ts';
import { pointsIn, readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { chosen, openDevices, planAll } from '../../inspect/plan-points.ts';
import type { PointPlan } from '../../inspect/plan-point.ts';

export interface DriftOptions extends IntentOptions {
  readonly point?: string;
  readonly output: 'text' | 'json';
}

/** Holds the devices against the intent and names each difference. Writes nothing, nowhere. */
export async function drift(options: DriftOptions, io: Io): Promise<ExitCode> {
  const { changes, problems: unread, secrets, cluster } = await readIntent(options, io);
  const compiler = new Compiler();
  compiler.apply(changes, new Date(systemClock.now()).toISOString());
  const points = chosen(pointsIn(changes), options.point);
  const devices = openDevices(cluster, secrets, io, { kubernetes: lazyObjects(options) });
  const { plans, failures } = await planAll(points, compiler, devices);
  const found = plans.map(({ changes: planned, ...plan }) => ({ ...plan, differences: differencesOf(planned) }));
  const problems = [...unread, ...failures, ...plans.flatMap(incomplete)].sort(compareProblems);
  const drifted = found.some(({ differences }) => differences.length > 0);
  if (options.output === 'json') {
    const asJson = found.map(({ name, adapter, differences }) => ({ name, adapter, differences }));
    io.out.write(`${JSON.stringify({ drift: drifted, points: asJson, problems }, null, 2)}\n`);
  } else {
    complain(problems, io);
    for (const point of found) io.out.write(text(point, io));
    if (points.length === 0) io.out.write('There is no EnforcementPoint, so that there is nothing to look at.\n');
  }
  return exitFor(problems, drifted ? exitCodes.pending : exitCodes.ok);
}

/** What could not be read may hold anything: then "no difference" would be a guess. */
function incomplete({ name, guard }: PointPlan): Problem[] {
  if (!guard.some((violation) => violation.guard === 'incomplete-read')) return [];
  const message = 'the device could not be read completely, so that there may be more differences than are shown';
  return [{ severity: 'error', subject: `EnforcementPoint/${name}`, field: '', code: 'incomplete-read', message }];
}

function text(
  { name, adapter, differences, guard }: Omit<PointPlan, 'changes'> & { readonly differences: readonly Difference[] },
  io: Io,
): string {
  const paint = painter(io.out, io.environment);
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  const verdict = differences.length === 0 ? paint('as desired', 'good') : paint(count, 'bad');
  const foreign = guard.filter((violation) => violation.guard === 'foreign-object');
  return [
    `${paint(name, 'strong')} ${paint(`(${adapter})`, 'dim')}: ${verdict}`,
    ...differences.map((difference) => `  ${sentenceOf(difference)}`),
    ...foreign.map(({ message }) => paint(`  ${message}`, 'warn')),
    '',
  ].join('\n');
}
