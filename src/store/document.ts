import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { z } from 'zod';

/** Smaller documents are not compressed, so that people can read them with `redis-cli`. */
const compressFromBytes = 4_096;
/** Most bytes of a document after decompression. */
const longestBytes = 384 * 1024 * 1024;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** A value as it is stored: JSON, compressed from `compressFromBytes` on. */
export async function encodeDocument(value: unknown): Promise<Buffer> {
  const text = Buffer.from(JSON.stringify(value));
  return text.length < compressFromBytes ? text : await pack(text, { level: 1 });
}

/** @throws Error naming the reason, without any part of the content */
export async function decodeDocument<T>(bytes: Buffer, schema: z.ZodType<T>, digest?: string): Promise<T> {
  if (digest !== undefined && digestOf(bytes) !== digest) throw new Error('its digest does not match');
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseDocument(packed ? await unpacked(bytes) : bytes, schema);
}

/** @throws Error naming the first field that is wrong */
export function parseDocument<T>(text: Buffer | string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(asJson(text.toString()));
  if (parsed.success) return parsed.data;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  throw new Error(`${path.join('.') || 'its shape'}: ${message}`);
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function unpacked(bytes: Buffer): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: longestBytes });
  } catch {
    throw new Error('it cannot be decompressed');
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}
