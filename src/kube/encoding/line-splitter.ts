import { ApiError } from '../api-error.ts';

const newline = 0x0a;
/** Above the greatest object that etcd admits, 1.5 MB, with its JSON escapes. */
export const maxMessageBytes = 16e6;

/** Cuts a stream into pieces. What is incomplete when the stream ends was cut off on its way, and is left out. */
export interface Splitter {
  /** The pieces that this chunk completes; they may lie in it. */
  push(chunk: Buffer): Iterable<Buffer>;
}

export class LineSplitter implements Splitter {
  #pending: Buffer[] = [];
  #length = 0;

  *push(chunk: Buffer): Iterable<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end);
      const line = this.#pending.length === 0 ? part : Buffer.concat([...this.#pending, part]);
      this.#pending = [];
      this.#length = 0;
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start === chunk.length) return;
    this.#pending.push(chunk.subarray(start));
    this.#length += chunk.length - start;
    if (this.#length > maxMessageBytes) {
      throw new ApiError(200, 'Unreadable', `a line of more than ${maxMessageBytes} bytes`);
    }
  }
}
