import { ApiError } from './errors.ts';

const newline = 0x0a;
/** Above the greatest object that etcd admits, 1.5 MB, with its JSON escapes. */
const maxLineBytes = 16e6;

/** The complete lines of a stream. What follows the last newline was cut off on its way, and is left out. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end);
      const line = pending.length === 0 ? part : Buffer.concat([...pending, part]);
      pending = [];
      length = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > maxLineBytes) throw new ApiError(200, 'Unreadable', `a line of more than ${maxLineBytes} bytes`);
  }
}
