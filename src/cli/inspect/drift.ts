import type { Difference } from '../../core/model/outcome.ts';
import { compareProblems, type Problem } from '../../api/problem.ts';
import { counted } from '../../core/text/wording.ts';
import { differencesOf, sentenceOf } from '../../core/status/drift.ts';
import { liveDevices, openSessions } from '../../inspect/devices.ts';
import { compileIntent, readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { planPoints, type PointPlan } from '../../inspect/plan.ts';
import { choosePoints } from '../../inspect/points.ts';
import { lazyObjects } from '../../kube/client/connect.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { exitCodes, exitFor, painter, writeProblems, type ExitCode, type Io } from '../io.ts';

export interface DriftOptions extends IntentOptions {
  readonly point?: string;
  readonly output: 'text' | DataFormat;
}

/** Compares the devices with the intent and names each difference. Writes nothing, nowhere. */
export async function drift(options: DriftOptions, io: Io): Promise<ExitCode> {
  const intent = await readIntent(options, io);
  const points = choosePoints(intent, options.point);
  const sessions = openSessions(intent, io, { kubernetes: lazyObjects(options, io.signal) });
  const compiled = compileIntent(intent.snapshot, io.clock.now());
  const { plans, failures } = await planPoints(points, compiled, liveDevices(sessions)).finally(() => sessions.close());
  const found = plans.map(({ changes, ...plan }) => ({ ...plan, differences: differencesOf(changes) }));
  const problems = [...intent.problems, ...failures, ...plans.flatMap(incomplete)].sort(compareProblems);
  const drifted = found.some(({ differences }) => differences.length > 0);
  if (isData(options.output)) {
    const asJson = found.map(({ name, adapter, differences }) => ({ name, adapter, differences }));
    writeData({ drift: drifted, points: asJson, problems }, options.output, io);
  } else {
    writeProblems(problems, io);
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
  const verdict =
    differences.length === 0 ? paint('as desired', 'good') : paint(counted(differences.length, 'difference'), 'bad');
  const foreign = guard.filter((violation) => violation.guard === 'foreign-object');
  return [
    `${paint(name, 'strong')} ${paint(`(${adapter})`, 'dim')}: ${verdict}`,
    ...differences.map((difference) => `  ${sentenceOf(difference)}`),
    ...foreign.map(({ message }) => paint(`  ${message}`, 'warn')),
    '',
  ].join('\n');
}
