import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { keepFile } from './kept-file.ts';

/*
 * Beside a closed segment of the record, `000000000001.state`: what the record says up to its end, so that nobody has to read all of
 * it again to go on from there. It counts only while every segment up to there is the file that it was made of.
 *
 * A line of JSON, which says what it is of, and the state, compressed.
 */
const headSchema = z.strictObject({
  postern: z.literal('state'),
  /** Of the state: who folds in another way has others. */
  form: z.int(),
  /** Of all the segments that were read. */
  key: z.string(),
  /** The latest time of any record in it. */
  latest: z.string(),
  /** Characters of the state. */
  size: z.int().nonnegative(),
  /** SHA-256 of what follows. */
  sha256: z.string(),
});
type Head = z.infer<typeof headSchema>;

const mostHeadBytes = 1_024;
/** Characters that are compressed at once. */
const blockLength = 2 ** 18;

export function stateFileOf(segment: string): string {
  return segment.replace(/\.jsonl$/, '.state');
}

/** Undefined: there is none, or it is none. */
export async function headOfState(path: string): Promise<Head | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostHeadBytes), 0, mostHeadBytes, 0);
    return headIn(buffer.subarray(0, bytesRead));
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** @returns the lines of the state, some at a time; undefined: it is not whole, or not of this head any more */
export async function readState(path: string, head: Head): Promise<AsyncIterable<readonly string[]> | undefined> {
  try {
    const content = await readFile(path);
    const body = content.subarray(content.indexOf('\n') + 1);
    const read = headIn(content.subarray(0, mostHeadBytes));
    if (read?.key !== head.key || read.sha256 !== sha256Of(body)) return undefined;
    return linesIn(body);
  } catch {
    return undefined;
  }
}

type About = Pick<Head, 'form' | 'key' | 'latest'>;

/** @returns its length in characters; undefined: it cannot be kept */
export async function keepState(path: string, about: About, lines: Iterable<string>): Promise<number | undefined> {
  let size = 0;
  const blocks = function* (): Generator<string> {
    for (const block of blocksOf(lines)) {
      size += block.length;
      yield block;
    }
  };
  const body = await pipeline(Readable.from(blocks()), createGzip({ level: 1 }), buffer);
  const head: Head = { postern: 'state', ...about, size, sha256: sha256Of(body) };
  return (await keepFile(path, [`${JSON.stringify(head)}\n`, body])) ? size : undefined;
}

function* blocksOf(lines: Iterable<string>): Generator<string> {
  let block = '';
  for (const line of lines) {
    block += `${line}\n`;
    if (block.length < blockLength) continue;
    yield block;
    block = '';
  }
  yield block;
}

async function* linesIn(body: Buffer): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of Readable.from([body]).compose(createGunzip({ chunkSize: blockLength }))) {
    const lines = (rest + decoder.decode(bytes as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
}

function headIn(content: Buffer): Head | undefined {
  try {
    return headSchema.parse(JSON.parse(content.toString('utf8', 0, content.indexOf('\n'))));
  } catch {
    return undefined;
  }
}

function sha256Of(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
