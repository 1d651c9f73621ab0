import { expect, it } from 'vitest';
import { eachLine } from './lines.ts';

it('reads no further until whoever takes the lines has taken them', async () => {
  let isTaking = false;
  const whileTaking: boolean[] = [];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const text of ['a\nb', 'c\n', 'd']) {
      whileTaking.push(isTaking);
      yield await Promise.resolve(Buffer.from(text));
    }
  }
  const taken: string[] = [];
  await eachLine(chunks(), async (lines) => {
    isTaking = true;
    await new Promise((resolve) => setImmediate(resolve));
    taken.push(...lines);
    isTaking = false;
  });
  expect(taken).toEqual(['a', 'bc', 'd']);
  expect(whileTaking).toEqual([false, false, false]);
});
