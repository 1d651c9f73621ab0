import { z } from 'zod';
import { lazily } from '../model/lazily.ts';
import type { JsonObject } from '../model/json.ts';
import { phases } from '../model/plan.ts';

/*
 * The audit record: for each enforcement point a chain of records, one per line, which only grows. A caller appends an
 * entry; the store adds its number, its time and the hash of the record before it (see chain.ts).
 */

/** Why something was written to a device. */
export const auditReasons = [
  'first-sync',
  'policy-changed',
  'expired',
  'pod-added',
  'pod-ended',
  'members-changed',
  'drift-healed',
  'withdrawn',
  'adopted',
] as const;
export type AuditReason = (typeof auditReasons)[number];

/** Of `Origin.changedBy`. */
export const changedBySchema = z.strictObject({ manager: z.string(), at: z.string() });

/** Of `ApprovedBy`. */
export const approvedBySchema = z.strictObject({
  approver: z.string(),
  approval: z.string(),
  at: z.string().exactOptional(),
  until: z.string(),
  breakGlass: z.literal(true).exactOptional(),
});

// A worker that finds no open write at its device reads no record: it makes none of these schemas.

/** The policy behind a write. */
const policySchema = lazily(() =>
  z.strictObject({
    kind: z.string(),
    /** Empty for cluster-scoped objects. */
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    generation: z.number(),
    /** Field inside the object, `spec.to[0]`. */
    field: z.string(),
    /** Who changed the policy last, from `metadata.managedFields`; absent: not known. */
    changedBy: changedBySchema.exactOptional(),
    /** Who approved this generation of it, and until when; absent: no approval was needed. */
    approvedBy: approvedBySchema.exactOptional(),
  }),
);
export type AuditPolicy = z.infer<ReturnType<typeof policySchema>>;

/** The device-neutral rule that an object on the device stands for. */
const ruleSchema = lazily(() =>
  z.strictObject({
    action: z.enum(['Accept', 'Deny']),
    /** Ids of groups. */
    sources: z.array(z.string()),
    destination: z.strictObject({ any: z.boolean(), names: z.array(z.string()), networks: z.array(z.string()) }),
    /** `TCP 443, UDP 5000-5010`, or `any port`. */
    ports: z.string(),
    expiresAt: z.string().exactOptional(),
  }),
);
export type AuditRule = z.infer<ReturnType<typeof ruleSchema>>;

/** Members that are too many for a record: their count, and the SHA-256 of their sorted lines. */
const omittedSchema = lazily(() => z.strictObject({ count: z.number(), sha256: z.string() }));

const specSchema = lazily((): z.ZodType<JsonObject> => z.record(z.string(), z.json()));

const begunSchema = lazily(() =>
  z.strictObject({
    type: z.literal('begun'),
    adapter: z.string(),
    /** Version of the desired state that is applied. */
    version: z.number(),
    reason: z.enum(auditReasons),
    op: z.enum(['create', 'update', 'members', 'move', 'delete']),
    phase: z.enum(phases),
    /** Kind and name of the object on the device. */
    kind: z.string(),
    name: z.string(),
    /** Id of the rule or group that it stands for; absent for an object that several share. */
    id: z.string().exactOptional(),
    /** Title of the rule or group, for people. */
    title: z.string().exactOptional(),
    /** The policies behind it; for a group the first few of the rules that use it. */
    policies: z.array(policySchema()).exactOptional(),
    rule: ruleSchema().exactOptional(),
    before: specSchema().exactOptional(),
    after: specSchema().exactOptional(),
    /** Members that join; of a new object, all its members. */
    add: z.array(z.string()).exactOptional(),
    /** Members that leave; of a deleted object, all its members. */
    remove: z.array(z.string()).exactOptional(),
    omitted: z
      .strictObject({ add: omittedSchema().exactOptional(), remove: omittedSchema().exactOptional() })
      .exactOptional(),
    /** The object that it is placed after; null: first of our block. */
    placeAfter: z.string().nullable().exactOptional(),
  }),
);

/**
 * How a write ended.
 *
 *   done            the device confirmed it
 *   pending         the device is still working on it
 *   error           the device refused it; with `unknown`, it may have been done nevertheless
 *   found-done      no answer arrived; reading the device shows that it was done
 *   found-not-done  no answer arrived; reading the device shows that it was not done
 *   not-sent        nothing was sent: the sync was given up before, or there was no need
 */
export const auditResults = ['done', 'pending', 'error', 'found-done', 'found-not-done', 'not-sent'] as const;
export type AuditResult = (typeof auditResults)[number];

const closedSchema = lazily(() =>
  z.strictObject({
    type: z.literal('closed'),
    /** Number of the record that began it. */
    of: z.number(),
    result: z.enum(auditResults),
    errorClass: z.string().exactOptional(),
    /** For people; contains neither credentials nor bodies. */
    message: z.string().exactOptional(),
    /** The error code of the device, and the HTTP status; 0: no answer arrived. */
    code: z.string().exactOptional(),
    status: z.number().exactOptional(),
    /** The error does not tell whether the write was done; reading the device does. */
    unknown: z.literal(true).exactOptional(),
    /** On the first record of a batch: the requests that were sent to the device, in order; equal ones are counted. */
    requests: z.array(z.strictObject({ request: z.string(), status: z.number(), count: z.number() })).exactOptional(),
  }),
);

/** The device was read. Writes to objects that do not differ are confirmed. */
const readSchema = lazily(() =>
  z.strictObject({
    type: z.literal('read'),
    /** The last write that was begun before the reading; later ones may not be in it. */
    upTo: z.number(),
    version: z.number(),
    complete: z.boolean(),
    objects: z.number(),
    /** `kind name` of the first few objects that are not as desired. */
    differing: z.array(z.string()),
    differences: z.number(),
  }),
);

/** The line before this record is incomplete: its writer ended while writing. Nothing was sent for it. */
const tornSchema = lazily(() => z.strictObject({ type: z.literal('torn'), bytes: z.number(), sha256: z.string() }));

/** Records that an earlier server acknowledged, and that went with it before they were on disk. */
const lostSchema = lazily(() => z.strictObject({ type: z.literal('lost'), from: z.number(), to: z.number() }));

export type BegunEntry = z.infer<ReturnType<typeof begunSchema>>;
export type ClosedEntry = z.infer<ReturnType<typeof closedSchema>>;
export type ReadEntry = z.infer<ReturnType<typeof readSchema>>;
export type TornEntry = z.infer<ReturnType<typeof tornSchema>>;
export type LostEntry = z.infer<ReturnType<typeof lostSchema>>;
export type AuditEntry = BegunEntry | ClosedEntry | ReadEntry | TornEntry | LostEntry;

const place = lazily(() => ({
  v: z.literal(1),
  point: z.string(),
  /** 1, 2, 3, ... without a gap. */
  seq: z.number(),
  /** RFC 3339; never before that of the record before. */
  at: z.string(),
  /** The time of the clock, if it was before that of the record before. */
  clock: z.string().exactOptional(),
  /** Hash of the record before; zeros for the first. */
  prev: z.string(),
}));

export const auditRecordSchema = lazily(() =>
  z.discriminatedUnion('type', [
    begunSchema().extend(place()),
    closedSchema().extend(place()),
    readSchema().extend(place()),
    tornSchema().extend(place()),
    lostSchema().extend(place()),
  ]),
);
export type AuditRecord = z.infer<ReturnType<typeof auditRecordSchema>>;
/** Is the outcome known? What is pending or unknown is closed once more when reading the device has told. */
export function isFinal({ result, unknown }: Pick<ClosedEntry, 'result' | 'unknown'>): boolean {
  return result !== 'pending' && unknown !== true;
}

/** Is it what a reading of the device has told, and not an answer? */
export function isFromReading({ result }: Pick<ClosedEntry, 'result'>): boolean {
  return result === 'found-done' || result === 'found-not-done';
}

export type BegunRecord = Extract<AuditRecord, { type: 'begun' }>;
export type ClosedRecord = Extract<AuditRecord, { type: 'closed' }>;
