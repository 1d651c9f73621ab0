import { lint as lintSnapshot } from '../../core/lint/lint.ts';
import { compareProblems, type Problem } from '../../core/model/problem.ts';
import { systemClock } from '../clock.ts';
import { exitFor, readInput, remainingFrom, type InputOptions } from '../input.ts';
import { painter, type ExitCode, type Io } from '../io.ts';

export interface LintOptions extends InputOptions {
  readonly output: 'text' | 'json';
}

const meanings = { error: 'bad', warning: 'warn', info: 'dim' } as const;

/** Everything a person should know about files: what does not count, and what counts but should be looked at. */
export async function lint(options: LintOptions, io: Io): Promise<ExitCode> {
  const { snapshot, problems } = await readInput(options, io);
  const now = systemClock.now();
  const found = lintSnapshot(snapshot, new Date(now).toISOString(), remainingFrom(now));
  const all = [...problems, ...found].sort(compareProblems);
  if (options.output === 'json') io.out.write(`${JSON.stringify({ problems: all, counts: countsOf(all) }, null, 2)}\n`);
  else io.out.write(text(all, painter(io.out, io.environment)));
  return exitFor(all);
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
