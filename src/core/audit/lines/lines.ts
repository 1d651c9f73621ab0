import { mostLineLength } from '../chain.ts';

/*
 * Lines of a record as they lie in memory. There are millions, and to make a text of each takes longer than to read what is in it.
 */

/** Where a line is, in bytes: its line break is not in it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Lines in their order. The bytes are those of the next ones as soon as these are asked for. */
export interface Lines {
  readonly bytes: Buffer;
  readonly spans: readonly Span[];
}

/** The texts of lines, in UTF-8. */
export function linesOf(texts: readonly string[]): Lines {
  const bytes = Buffer.from(texts.join('\n'));
  let at = 0;
  const spans = texts.map((text) => {
    const start = at;
    const end = start + Buffer.byteLength(text);
    at = end + 1;
    return { start, end };
  });
  return { bytes, spans };
}

/** Its text. Of one that is longer than any record a text that is, too, whatever letters are in it. */
export function textOf(bytes: Buffer, { start, end }: Span): string {
  return bytes.toString(end - start > mostLineLength ? 'latin1' : 'utf8', start, end);
}
