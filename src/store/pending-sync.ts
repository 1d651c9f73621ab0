import { z } from 'zod';
import type { RefusedChange } from '../adapter/adapter.ts';
import { AdapterError, errorPolicy, type ErrorClass } from '../adapter/errors.ts';
import type { PendingOperation } from '../core/model/pending.ts';
import { phases } from '../core/model/plan.ts';
import { parseDocument } from './document.ts';

/** A sync that goes on when the device has ended what it is at work on: kept with the point, for whichever worker is next. */
export interface PendingSync {
  /** Empty: all have ended, and the device is to be read. */
  readonly operations: readonly PendingOperation[];
  /** Changes that the device refused in the course of it; they are not sent again before the rest is done. */
  readonly refused: readonly RefusedChange[];
  /** An atomic batch of more changes was refused as a whole: smaller ones are sent until the offender stands alone. */
  readonly mostPerBatch?: number;
  /** What was published up to this version has been looked at. */
  readonly seen: number;
  /** Nothing but changes of members is pending, and nothing waits for them: other members may join meanwhile. */
  readonly membersOnly: boolean;
}

const key = z.strictObject({ kind: z.string(), name: z.string() });
const texts = z.array(z.string());
const change = z.strictObject({
  key,
  op: z.enum(['create', 'update', 'members', 'move', 'delete']),
  phase: z.enum(phases),
  add: texts,
  remove: texts,
});

const operation = z.strictObject({
  handle: z.string(),
  changes: z.array(change),
  atomic: z.boolean(),
  since: z.number(),
  pollAt: z.number(),
  deviceSays: z.string(),
});

const errorClass = z.enum(Object.keys(errorPolicy) as [ErrorClass, ...ErrorClass[]]);

const refusal = z
  .strictObject({ key, errorClass, message: z.string() })
  .transform((read): RefusedChange => ({ key: read.key, error: new AdapterError(read.errorClass, read.message) }));

const pendingSync = z.strictObject({
  operations: z.array(operation),
  refused: z.array(refusal),
  mostPerBatch: z.number().exactOptional(),
  seen: z.number(),
  membersOnly: z.boolean(),
});

export function encodePending({ refused, ...pending }: PendingSync): string {
  const texts = refused.map(({ key: of, error: { errorClass: is, message } }) => ({
    key: of,
    errorClass: is,
    message,
  }));
  return JSON.stringify({ ...pending, refused: texts });
}

/** What another version wrote and this one cannot read is as good as lost: then reading the device tells. */
export function decodePending(text: string): PendingSync {
  try {
    return parseDocument(text, pendingSync);
  } catch {
    return { operations: [], refused: [], seen: 0, membersOnly: false };
  }
}
