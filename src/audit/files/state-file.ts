import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
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
  /** SHA-256 of what follows. */
  sha256: z.string(),
});
type Head = z.infer<typeof headSchema>;

const mostHeadBytes = 1_024;
/** What a text can hold. */
const mostStateBytes = 2 ** 29;

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

/** @returns the text of the state; undefined: it is not whole, or not of this head any more */
export async function readState(path: string, head: Head): Promise<string | undefined> {
  try {
    const content = await readFile(path);
    const body = content.subarray(content.indexOf('\n') + 1);
    const read = headIn(content.subarray(0, mostHeadBytes));
    if (read?.key !== head.key || read.sha256 !== sha256Of(body)) return undefined;
    return (await promisify(gunzip)(body, { maxOutputLength: mostStateBytes })).toString('utf8');
  } catch {
    return undefined;
  }
}

/** @returns whether it is kept */
export async function keepState(path: string, about: Omit<Head, 'postern' | 'sha256'>, text: string): Promise<boolean> {
  const body = await promisify(gzip)(text, { level: 1 });
  const head: Head = { postern: 'state', ...about, sha256: sha256Of(body) };
  return keepFile(path, [`${JSON.stringify(head)}\n`, body]);
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
