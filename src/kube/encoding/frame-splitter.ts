import { maxMessageBytes, type Splitter } from './line-splitter.ts';
import { ApiError } from '../api-error.ts';
import { unreadableProtobuf } from './protobuf.ts';

const headerBytes = 4;

/** Whether a stream begins with frames: the first byte of any permitted length is zero, and that of JSON never is. */
export function isFramed(beginning: Buffer): boolean {
  return beginning[0] === 0;
}

/** The frames of a watch in protobuf: a length in four bytes, big-endian, then that many bytes. */
export class FrameSplitter implements Splitter {
  #pending: Buffer[] = [];
  #length = 0;
  /** Bytes needed before the next frame is complete. */
  #wanted = headerBytes;

  *push(chunk: Buffer): Iterable<Buffer> {
    this.#pending.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    const all = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#length);
    let start = 0;
    for (;;) {
      const left = all.length - start;
      const length = left < headerBytes ? 0 : all.readUInt32BE(start);
      if (length > maxMessageBytes)
        throw new ApiError(200, unreadableProtobuf, `the API server sent protobuf with a frame of ${length} bytes`);
      this.#wanted = headerBytes + length;
      if (left < this.#wanted) break;
      yield all.subarray(start + headerBytes, start + this.#wanted);
      start += this.#wanted;
    }
    this.#pending = start === all.length ? [] : [all.subarray(start)];
    this.#length = all.length - start;
  }
}
