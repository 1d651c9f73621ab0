import { z } from 'zod';
import type { JsonObject } from '../model/json.ts';
import { phases } from '../model/plan.ts';

/*
 * The audit record: for each enforcement point a chain of records, one per line, that is only ever appended to. What a
 * caller says is an entry; the store gives it its number, its time and its link to the record before (see chain.ts).
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
] as const;
export type AuditReason = (typeof auditReasons)[number];

/** The object that asked for it. */
const policySchema = z.strictObject({
  kind: z.string(),
  /** Empty for cluster-scoped objects. */
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  generation: z.number(),
  /** Field inside the object, `spec.to[0]`. */
  field: z.string(),
  /** Who changed it last, as the API server knows it (`metadata.managedFields`); absent where that is not known. */
  changedBy: z.strictObject({ manager: z.string(), at: z.string() }).exactOptional(),
});
export type AuditPolicy = z.infer<typeof policySchema>;

/** The device-neutral rule that an object on the device stands for. */
const ruleSchema = z.strictObject({
  action: z.enum(['Accept', 'Deny']),
  /** Ids of groups. */
  sources: z.array(z.string()),
  destination: z.strictObject({ any: z.boolean(), names: z.array(z.string()), networks: z.array(z.string()) }),
  /** `TCP 443, UDP 5000-5010`, or `any port`. */
  ports: z.string(),
  expiresAt: z.string().exactOptional(),
});
export type AuditRule = z.infer<typeof ruleSchema>;

/** A set of members that a record had no room for: how many, and the SHA-256 of their sorted lines. */
const omittedSchema = z.strictObject({ count: z.number(), sha256: z.string() });

const specSchema: z.ZodType<JsonObject> = z.record(z.string(), z.json());

const begunSchema = z.strictObject({
  type: z.literal('begun'),
  adapter: z.string(),
  /** The publication of the desired state that is being brought about. */
  version: z.number(),
  reason: z.enum(auditReasons),
  op: z.enum(['create', 'update', 'members', 'move', 'delete']),
  phase: z.enum(phases),
  /** The object, in the device's own words. */
  kind: z.string(),
  name: z.string(),
  /** Id of the rule or group that it is there for; absent for what many share. */
  id: z.string().exactOptional(),
  /** What the rule or group is, for people. */
  title: z.string().exactOptional(),
  /** The policies behind it; for a group those of the rules that use it, the first few. */
  policies: z.array(policySchema).exactOptional(),
  rule: ruleSchema.exactOptional(),
  before: specSchema.exactOptional(),
  after: specSchema.exactOptional(),
  /** Members that join; of a new object all. */
  add: z.array(z.string()).exactOptional(),
  /** Members that leave; of an object that goes all. */
  remove: z.array(z.string()).exactOptional(),
  omitted: z
    .strictObject({ add: omittedSchema.exactOptional(), remove: omittedSchema.exactOptional() })
    .exactOptional(),
  /** The object that it is put behind; null: the head of our block. */
  placeAfter: z.string().nullable().exactOptional(),
});

/**
 * How a write ended.
 *
 *   done            the device says so
 *   pending         the device is still at it
 *   error           the device refused; `unknown` tells that it may have done it all the same
 *   found-done      nobody heard the answer; reading the device shows that it was done
 *   found-not-done  nobody heard the answer; reading the device shows that it was not
 *   not-sent        it was begun, and nothing was sent: given up before that, or there was no need
 */
export const auditResults = ['done', 'pending', 'error', 'found-done', 'found-not-done', 'not-sent'] as const;
export type AuditResult = (typeof auditResults)[number];

const closedSchema = z.strictObject({
  type: z.literal('closed'),
  /** Number of the record that began it. */
  of: z.number(),
  result: z.enum(auditResults),
  errorClass: z.string().exactOptional(),
  /** For a person; without credentials and bodies. */
  message: z.string().exactOptional(),
  /** The device's own code, and the HTTP status; 0 when no answer came. */
  code: z.string().exactOptional(),
  status: z.number().exactOptional(),
  /** An error whose effect only reading the device can tell. */
  unknown: z.literal(true).exactOptional(),
  /** On the first record of those that were sent together: what was really asked of the device, in order, equal ones counted. */
  requests: z.array(z.strictObject({ request: z.string(), status: z.number(), count: z.number() })).exactOptional(),
});

/** The device was read. What it says of objects that do not differ is confirmed. */
const readSchema = z.strictObject({
  type: z.literal('read'),
  /** Writes up to this number are what was read; what was begun later may not have been there yet. */
  upTo: z.number(),
  version: z.number(),
  complete: z.boolean(),
  objects: z.number(),
  /** `kind name` of the objects that are not as desired, the first few. */
  differing: z.array(z.string()),
  differences: z.number(),
});

/** The line before breaks off: what wrote it ended in the middle. Nothing was sent for it. */
const tornSchema = z.strictObject({ type: z.literal('torn'), bytes: z.number(), sha256: z.string() });

export type BegunEntry = z.infer<typeof begunSchema>;
export type ClosedEntry = z.infer<typeof closedSchema>;
export type ReadEntry = z.infer<typeof readSchema>;
export type TornEntry = z.infer<typeof tornSchema>;
export type AuditEntry = BegunEntry | ClosedEntry | ReadEntry | TornEntry;

const place = {
  v: z.literal(1),
  point: z.string(),
  /** 1, 2, 3, ... without a gap. */
  seq: z.number(),
  /** RFC 3339; never before that of the record before. */
  at: z.string(),
  /** What the clock said, where that was earlier than the record before. */
  clock: z.string().exactOptional(),
  /** Hash of the record before; of the first, zeros. */
  prev: z.string(),
} as const;

export const auditRecordSchema = z.discriminatedUnion('type', [
  begunSchema.extend(place),
  closedSchema.extend(place),
  readSchema.extend(place),
  tornSchema.extend(place),
]);
export type AuditRecord = z.infer<typeof auditRecordSchema>;
export type BegunRecord = Extract<AuditRecord, { type: 'begun' }>;
export type ClosedRecord = Extract<AuditRecord, { type: 'closed' }>;
