import { UsageError } from '../../../core/model/usage-error.ts';
import { matrixOf } from '../../../report/matrix/matrix.ts';
import { readIntent } from '../../../inspect/intent.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Snapshot } from '../../../core/model/snapshot.ts';
import { assumptionsIn } from '../../../verify/compare/assumptions.ts';
import { remainingFrom } from '../../../verify/values/time.ts';
import type { MatrixAtOptions } from './matrix-at.ts';
import { matrixLines } from './matrix-output.ts';
import { exitFor, writeLines, writeProblems, type ExitCode, type Io } from '../../io.ts';

export interface MatrixOptions extends MatrixAtOptions {
  readonly filename?: readonly string[];
  /** A moment on record, of which the record alone is asked. */
  readonly at?: string;
}

/** The effective permission of every workload to every external destination. */
export async function matrix(options: MatrixOptions, io: Io): Promise<ExitCode> {
  const { filename, output, at } = options;
  if (at !== undefined) {
    if (filename !== undefined) throw new UsageError('files say how it is now: leave out -f, or leave out --at');
    return (await import('./matrix-at.ts')).matrixAt(at, options, io);
  }
  if (options.clusters !== undefined) throw new UsageError('--clusters are records: give a moment with --at');
  if (filename === undefined)
    throw new UsageError('the intent is missing: give files with -f, or a moment on record with --at');
  const { snapshot, problems } = await readIntent({ filename }, io);
  writeProblems([...problems, ...assumed(snapshot)], io);
  const now = io.clock.now();
  const made = new Date(now).toISOString();
  await writeLines(await matrixLines(output, matrixOf(snapshot, remainingFrom(now)), io, { at: made }), io.out);
  return exitFor(problems);
}

/** What is permitted gets out only where the points meet the pods as they are taken to. */
function assumed(snapshot: Snapshot): readonly Problem[] {
  return assumptionsIn(snapshot, snapshot.enforcementPoints).map(({ point, reason }) => {
    const where = { subject: `EnforcementPoint/${point}`, field: 'spec.vantage.type' };
    return { severity: 'info', ...where, code: 'egress-address', message: reason };
  });
}
