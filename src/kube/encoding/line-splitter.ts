import { ApiError } from '../api-error.ts';

const newline = 0x0a;
/** More than the largest object that etcd admits, 1.5 MB, with all its JSON escapes. */
export const maxMessageBytes = 16e6;

/** Splits a stream into messages. An incomplete message at the end of the stream is dropped. */
export interface Splitter {
  /** The messages that this chunk completes; they may share its memory. */
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
