/**
 * Hands on lines as they come, without their ends, many at a time, and waits for the consumer. A last line without its end is
 * one, too.
 */
export async function eachLine(
  chunks: AsyncIterable<Uint8Array>,
  take: (lines: readonly string[]) => void | Promise<void>,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    // Joined when it is whole: to look through a long line anew with each chunk takes the square of its length.
    const [end = '', ...lines] = decoder.decode(chunk, { stream: true }).split('\n');
    rest += end;
    if (lines.length === 0) continue;
    lines.unshift(rest);
    rest = lines.pop() ?? '';
    await take(lines);
  }
  rest += decoder.decode();
  if (rest !== '') await take([rest]);
}
