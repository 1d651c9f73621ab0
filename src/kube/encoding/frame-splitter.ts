import { maxMessageBytes, type Piece, type Splitter } from './line-splitter.ts';
import { ApiError } from '../api-error.ts';
import { unreadableProtobuf } from './protobuf.ts';

const headerBytes = 4;

/** Whether a stream begins with frames: the first byte of any permitted length is zero, and that of JSON never is. */
export function isFramed(beginning: Buffer): boolean {
  return beginning[0] === 0;
}

/** The frames of a watch in protobuf: a length in four bytes, big-endian, then that many bytes. */
export class FrameSplitter implements Splitter {
  /** What is there of a frame that goes on in the next chunk. */
  #begun: Buffer[] = [];
  #length = 0;
  /** Bytes needed before more is known of it. */
  #wanted = headerBytes;

  *push(chunk: Buffer): Iterable<Piece> {
    let start = 0;
    while (start < chunk.length) {
      const end = this.#length === 0 ? endOfFrame(chunk, start) : undefined;
      if (end !== undefined && end <= chunk.length) {
        yield { bytes: chunk, start: start + headerBytes, end };
        start = end;
        continue;
      }
      // Only what belongs to this frame is copied: the others of the chunk stay where they are.
      const part = chunk.subarray(start, start + this.#wanted - this.#length);
      this.#begun.push(part);
      this.#length += part.length;
      start += part.length;
      if (this.#length === this.#wanted) yield* this.#joined();
    }
  }

  /** The frame if it is whole; otherwise only how long it will be. */
  *#joined(): Iterable<Piece> {
    const begun = Buffer.concat(this.#begun, this.#length);
    this.#wanted = endOfFrame(begun, 0) ?? headerBytes;
    if (this.#length < this.#wanted) {
      this.#begun = [begun];
      return;
    }
    [this.#begun, this.#length, this.#wanted] = [[], 0, headerBytes];
    yield { bytes: begun, start: headerBytes, end: begun.length };
  }
}

/** Undefined as long as its header is not there. */
function endOfFrame(bytes: Buffer, start: number): number | undefined {
  if (bytes.length - start < headerBytes) return undefined;
  const length = bytes.readUInt32BE(start);
  if (length > maxMessageBytes)
    throw new ApiError(200, unreadableProtobuf, `the API server sent protobuf with a frame of ${length} bytes`);
  return start + headerBytes + length;
}
