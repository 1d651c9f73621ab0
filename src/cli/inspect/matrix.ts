import { remainingFrom } from '../../verify/values/time.ts';
import { matrixOf } from '../../report/matrix/matrix.ts';
import { systemClock } from '../../compose/clock.ts';
import { complain, exitFor, readInput, type InputOptions } from '../input.ts';
import { painter, type ExitCode, type Io } from '../io.ts';
import { inPieces } from '../pieces.ts';

export interface MatrixOptions extends InputOptions {
  readonly output: 'text' | 'json' | 'csv' | 'html';
}

/** The effective permission of every workload to every external destination. */
export async function matrix(options: MatrixOptions, io: Io): Promise<ExitCode> {
  const { snapshot, problems } = await readInput(options, io);
  complain(problems, io);
  const now = systemClock.now();
  const result = matrixOf(snapshot, remainingFrom(now));
  for (const piece of inPieces(await render(options.output, result, io, now))) io.out.write(piece);
  return exitFor(problems);
}

async function render(
  format: MatrixOptions['output'],
  result: ReturnType<typeof matrixOf>,
  io: Io,
  now: number,
): Promise<Iterable<string>> {
  switch (format) {
    case 'text': {
      const { matrixText } = await import('../../report/matrix/matrix-text.ts');
      return [matrixText(result, io.out.width, painter(io.out, io.environment))];
    }
    case 'html': {
      const { matrixHtml } = await import('../../report/matrix/matrix-html.ts');
      return matrixHtml(result, new Date(now).toISOString());
    }
    case 'json':
    case 'csv': {
      const { matrixCsv, matrixJson } = await import('../../report/matrix/matrix-data.ts');
      return format === 'json' ? matrixJson(result) : matrixCsv(result);
    }
  }
}
