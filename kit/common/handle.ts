import { z } from 'zod';
import { AdapterError } from '../../src/adapter/errors.ts';

export const keySchema = z.strictObject({ kind: z.string().max(100), name: z.string().max(500) });
export const keysSchema = z.array(keySchema).max(100_000);

/**
 * What a session once put into the handle of an operation. It has been in Redis since, where others may write, so that
 * it is checked like any input.
 *
 * @throws AdapterError when it is something else: the operation counts as ended, and the device is read instead
 */
export function readHandle<T>(handle: string, schema: z.ZodType<T>): T {
  const read = schema.safeParse(asJson(handle));
  if (read.success) return read.data;
  throw new AdapterError(
    'not-found',
    'What was kept of an operation under way cannot be read; the device is read instead.',
  );
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
