import type { IncomingMessage } from 'node:http';
import { ApiError, errorOfStatus } from '../api-error.ts';
import { isProtobuf, protobufStatus } from '../encoding/protobuf.ts';
import type { CallTimer } from './call-timer.ts';

const maxErrorBytes = 64 * 1024;

/** The answer if its status is 2xx. @throws ApiError with the `Status` in its body */
export async function succeeded(call: string, answer: IncomingMessage): Promise<IncomingMessage> {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const body = await collect(answer, maxErrorBytes, call);
  throw errorOfStatus(call, status, statusIn(body), answer.headers['retry-after']);
}

/** The `Status` in the answer to a failed request. A proxy in between may have sent anything. */
function statusIn(body: Buffer): unknown {
  if (isProtobuf(body)) return protobufStatus(body);
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The bytes of an answer as they arrive; leaving the loop closes the connection. */
export async function* follow(answer: IncomingMessage, timer: CallTimer): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      timer.feed();
      yield chunk;
      timer.feed();
    }
  } catch (error) {
    throw timer.explain(error);
  } finally {
    timer.release();
    answer.destroy();
  }
}

/** All bytes of an answer. @throws ApiError if there are more than `maxBytes` */
export async function collect(answer: IncomingMessage, maxBytes: number, call: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new ApiError(0, 'Unreadable', `${call}: the answer exceeds ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
