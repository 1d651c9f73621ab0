import { z } from 'zod';
import type { RefusedChange } from '../adapter/adapter.ts';
import { AdapterError, errorPolicy, type ErrorClass } from '../adapter/errors.ts';
import { lazily } from '../core/model/lazily.ts';
import type { PendingOperation } from '../core/model/pending.ts';
import { phases } from '../core/model/plan.ts';
import { parseDocument } from './document.ts';

/** A sync that continues when operations on the device have ended. It is stored with the point, for any worker. */
export interface PendingSync {
  /** Empty: all have ended, and the device has to be read. */
  readonly operations: readonly PendingOperation[];
  /** Changes that the device has refused in this sync; they are not sent again before the others are done. */
  readonly refused: readonly RefusedChange[];
  /**
   * An atomic batch of more changes was refused as a whole: smaller ones are sent until the offending change is alone.
   */
  readonly mostPerBatch?: number;
  /** The version up to which the sync has taken publications into account. */
  readonly seen: number;
  /** Only changes of members are pending, and no change waits for them: other members may join in the meantime. */
  readonly membersOnly: boolean;
}

const key = z.strictObject({ kind: z.string(), name: z.string() });
const texts = z.array(z.string());
const change = lazily(() =>
  z.strictObject({
    key,
    op: z.enum(['create', 'update', 'members', 'move', 'delete']),
    phase: z.enum(phases),
    add: texts,
    remove: texts,
  }),
);

const operation = lazily(() =>
  z.strictObject({
    handle: z.string(),
    changes: z.array(change()),
    atomic: z.boolean(),
    since: z.number(),
    pollAt: z.number(),
    deviceSays: z.string(),
  }),
);

const errorClass = z.enum(Object.keys(errorPolicy) as [ErrorClass, ...ErrorClass[]]);

const refusal = lazily(() =>
  z
    .strictObject({ key, errorClass, message: z.string() })
    .transform((read): RefusedChange => ({ key: read.key, error: new AdapterError(read.errorClass, read.message) })),
);

const pendingSync = lazily(() =>
  z.strictObject({
    operations: z.array(operation()),
    refused: z.array(refusal()),
    mostPerBatch: z.number().exactOptional(),
    seen: z.number(),
    membersOnly: z.boolean(),
  }),
);

export function encodePending({ refused, ...pending }: PendingSync): string {
  const texts = refused.map(({ key: of, error: { errorClass: is, message } }) => ({
    key: of,
    errorClass: is,
    message,
  }));
  return JSON.stringify({ ...pending, refused: texts });
}

/**
 * Text that cannot be read, as of another version of Postern, counts as ended operations: the device is read instead.
 */
export function decodePending(text: string): PendingSync {
  try {
    return parseDocument(text, pendingSync());
  } catch {
    return { operations: [], refused: [], seen: 0, membersOnly: false };
  }
}
