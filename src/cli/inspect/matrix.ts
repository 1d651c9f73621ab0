import { entriesOf, matrixOf } from '../../report/matrix/matrix.ts';
import { readIntent } from '../../inspect/intent.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { yamlItems } from '../data.ts';
import { exitFor, painter, writeLines, writeProblems, type ExitCode, type Io } from '../io.ts';

export interface MatrixOptions {
  readonly filename: readonly string[];
  /** `wide`: one table, however wide the terminal is. */
  readonly output: 'text' | 'wide' | 'json' | 'yaml' | 'csv' | 'html';
}

/** The effective permission of every workload to every external destination. */
export async function matrix({ filename, output }: MatrixOptions, io: Io): Promise<ExitCode> {
  const { snapshot, problems } = await readIntent({ filename }, io);
  writeProblems(problems, io);
  const now = io.clock.now();
  writeLines(await render(output, matrixOf(snapshot, remainingFrom(now)), io, now), io.out);
  return exitFor(problems);
}

async function render(
  format: MatrixOptions['output'],
  result: ReturnType<typeof matrixOf>,
  io: Io,
  now: number,
): Promise<Iterable<string>> {
  switch (format) {
    case 'text':
    case 'wide': {
      const { matrixText } = await import('../../report/matrix/matrix-text.ts');
      const width = format === 'wide' ? Infinity : io.out.width;
      return [matrixText(result, width, painter(io.out, io.environment))];
    }
    case 'html': {
      const { matrixHtml } = await import('../../report/matrix/matrix-html.ts');
      return matrixHtml(result, new Date(now).toISOString());
    }
    case 'yaml':
      return yamlItems(entriesOf(result));
    case 'json':
    case 'csv': {
      const { matrixCsv, matrixJson } = await import('../../report/matrix/matrix-data.ts');
      return format === 'json' ? matrixJson(result) : matrixCsv(result);
    }
  }
}
