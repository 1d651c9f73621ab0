/** Hands on lines as they come, without their ends, many at a time. A last line without its end is one, too. */
export async function eachLine(
  chunks: AsyncIterable<Uint8Array>,
  take: (lines: readonly string[]) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) take(lines);
  }
  rest += decoder.decode();
  if (rest !== '') take([rest]);
}
