import { entriesOf, type Matrix } from '../../../report/matrix/matrix.ts';
import { yamlItems } from '../../data.ts';
import { painter, type Io } from '../../io.ts';

/** `wide`: one table, however wide the terminal is. */
export type MatrixFormat = 'text' | 'wide' | 'json' | 'yaml' | 'csv' | 'html';

interface MatrixNotes {
  /** When it was so, RFC 3339. */
  readonly at: string;
  /** Sentence for people if there is no workload; absent: the hint that files may have some. */
  readonly nobody?: string;
}

export async function matrixLines(
  format: MatrixFormat,
  result: Matrix,
  io: Io,
  { at, nobody }: MatrixNotes,
): Promise<Iterable<string>> {
  switch (format) {
    case 'text':
    case 'wide': {
      const { matrixText } = await import('../../../report/matrix/matrix-text.ts');
      const width = format === 'wide' ? Infinity : io.out.width;
      return [matrixText(result, width, painter(io.out, io.environment), nobody)];
    }
    case 'html': {
      const { matrixHtml } = await import('../../../report/matrix/matrix-html.ts');
      return matrixHtml(result, at);
    }
    case 'yaml':
      return yamlItems(entriesOf(result));
    case 'json':
    case 'csv': {
      const { matrixCsv, matrixJson } = await import('../../../report/matrix/matrix-data.ts');
      return format === 'json' ? matrixJson(result) : matrixCsv(result);
    }
  }
}
