import { remainingFrom } from '../../verify/values/time.ts';
import { lint as lintSnapshot } from '../../lint/lint.ts';
import { compareProblems, type Problem } from '../../core/model/problem.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { snapshotAfter } from '../../core/model/snapshot-keeper.ts';
import { systemClock } from '../../compose/clock.ts';
import { exitFor, readInput } from '../input.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { painter, UsageError, type ExitCode, type Io } from '../io.ts';

export interface LintOptions extends IntentOptions {
  readonly output: 'text' | 'json';
  /** Look at the objects of the mesh, too: ours and those of others. */
  readonly mesh?: true;
  readonly live?: true;
}

const meanings = { error: 'bad', warning: 'warn', info: 'dim' } as const;

/** Everything a person should know about files or a cluster: what does not count, and what counts but should be looked at. */
export async function lint(options: LintOptions, io: Io): Promise<ExitCode> {
  const { snapshot, problems } = options.live === true ? await inCluster(options, io) : await inFiles(options, io);
  const now = systemClock.now();
  const found = lintSnapshot(snapshot, new Date(now).toISOString(), remainingFrom(now));
  const all = distinct([...problems, ...found]).sort(compareProblems);
  if (options.output === 'json') io.out.write(`${JSON.stringify({ problems: all, counts: countsOf(all) }, null, 2)}\n`);
  else io.out.write(text(all, painter(io.out, io.environment)));
  return exitFor(all);
}

interface Subject {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
}

async function inFiles(options: LintOptions, io: Io): Promise<Subject> {
  const { filename, mesh } = options;
  if (filename === undefined) throw new UsageError('what is to be looked at? give -f FILES, or --live for the cluster');
  const input = await readInput({ filename }, io);
  if (mesh !== true) return input;
  const { problemsWritten } = await import('../../inspect/layers/mesh-problems.ts');
  return { snapshot: input.snapshot, problems: [...input.problems, ...(await problemsWritten(input, options, io))] };
}

async function inCluster(options: LintOptions, io: Io): Promise<Subject> {
  if (options.filename !== undefined)
    throw new UsageError('lint looks at files or at the cluster: leave out -f or --live');
  const intent = await readIntent(options, io);
  const snapshot = snapshotAfter(intent.changes);
  if (options.mesh !== true) return { snapshot, problems: intent.problems };
  const { problemsInCluster } = await import('../../inspect/layers/mesh-problems.ts');
  return { snapshot, problems: [...intent.problems, ...(await problemsInCluster(intent, snapshot, options, io))] };
}

/** What the compiler finds, it finds for whoever asks it. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** Object by object, the one with the worst problem first. */
function text(problems: readonly Problem[], paint: ReturnType<typeof painter>): string {
  if (problems.length === 0) return `${paint('Nothing to complain about.', 'good')}\n`;
  const subjects = [...new Set(problems.map(({ subject }) => subject))];
  const blocks = subjects.map((subject) => {
    const lines = problems
      .filter((problem) => problem.subject === subject)
      .map(({ severity, field, code, message }) => {
        const where = field === '' ? '' : `${field}: `;
        return `  ${paint(severity.padEnd(7), meanings[severity])}  ${where}${message} ${paint(`[${code}]`, 'dim')}`;
      });
    return [paint(subject, 'strong'), ...lines].join('\n');
  });
  const numbers = (['error', 'warning', 'info'] as const).map((severity) =>
    counted(countsOf(problems)[severity], severity),
  );
  return `${blocks.join('\n\n')}\n\n${numbers.join(', ')}\n`;
}

/** `1 error`, `2 errors` */
function counted(count: number, severity: Problem['severity']): string {
  const word = severity === 'info' ? 'note' : severity;
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function countsOf(problems: readonly Problem[]): Record<Problem['severity'], number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of problems) counts[severity] += 1;
  return counts;
}
