import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { mostLineLength } from '../../core/audit/chain.ts';
import { textOf } from '../../core/audit/lines/lines.ts';
import { SegmentReader } from './segment-reader.ts';

let folder: string;
beforeEach(() => (folder = aFolderOfTest()));

const segment = '000000000001.jsonl';

/** The lines, how many were told to be before each, and what the file has where each is said to be. */
async function read(reader: SegmentReader, content: Buffer, isLast: boolean) {
  writeFileSync(join(folder, segment), content);
  const lines: string[] = [];
  const there: string[] = [];
  for await (const { bytes, spans, before, offset } of reader.blocks(folder, segment, isLast)) {
    expect(before).toBe(lines.length);
    lines.push(...spans.map((span) => textOf(bytes, span)));
    there.push(...spans.map(({ start, end }) => content.toString('utf8', offset + start, offset + end)));
  }
  return { lines, there };
}

it('gives the lines of a file, and where they are, whatever is in it and however much is read at once', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ü', '\n', '\r', '{', '\u0000', '😀'), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (content, bytes, isLast) => {
      const wanted = content.split('\n');
      const rest = wanted.pop() ?? '';
      if (rest !== '' && !isLast) wanted.push(rest);
      const { lines, there } = await read(new SegmentReader(bytes), Buffer.from(content), isLast);
      expect(lines).toEqual(wanted);
      expect(there).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});

it('cuts a line that is longer than any, and knows where the next ones are', async () => {
  const long = 'ü'.repeat(mostLineLength);
  const reader = new SegmentReader();
  for (const more of ['', 'x'.repeat(2 ** 19)]) {
    const { lines, there } = await read(reader, Buffer.from(`first\n${long}${more}\nnext\nlast`), false);
    expect([lines.length, lines[0], lines[2], lines[3]]).toEqual([4, 'first', 'next', 'last']);
    expect([there[2], there[3]]).toEqual(['next', 'last']);
    expect(lines[1]?.length).toBe(mostLineLength + 1);
  }
});
