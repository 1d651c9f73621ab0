import { ApiError } from '../api-error.ts';

const newline = 0x0a;
/** More than the largest object that etcd admits, 1.5 MB, with all its JSON escapes. */
export const maxMessageBytes = 16e6;

/** A message where it lies: to cut it out would make an object for each of many. */
export interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Splits a stream into messages. An incomplete message at the end of the stream is dropped. */
export interface Splitter {
  /** The messages that this chunk completes. */
  push(chunk: Buffer): Iterable<Piece>;
}

export class LineSplitter implements Splitter {
  #pending: Buffer[] = [];
  #length = 0;

  *push(chunk: Buffer): Iterable<Piece> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.#pending.length === 0 ? { bytes: chunk, start, end } : this.#joined(chunk.subarray(start, end));
      start = end + 1;
      if (line.start < line.end) yield line;
    }
    if (start === chunk.length) return;
    this.#pending.push(chunk.subarray(start));
    this.#length += chunk.length - start;
    if (this.#length > maxMessageBytes) {
      throw new ApiError(200, 'Unreadable', `a line of more than ${maxMessageBytes} bytes`);
    }
  }

  #joined(part: Buffer): Piece {
    const bytes = Buffer.concat([...this.#pending, part]);
    this.#pending = [];
    this.#length = 0;
    return { bytes, start: 0, end: bytes.length };
  }
}
