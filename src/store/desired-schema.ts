import { z } from 'zod';
import { portSchema } from '../api/fields/destination.ts';
import { labelSelectorSchema } from '../api/fields/selector.ts';
import { approvedBySchema, changedBySchema } from '../core/audit/record.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';

/*
 * What another process stored is validated like any input: it may be of another version of Postern, or not of Postern.
 * What becomes part of a device's language or of the path of a request has the form that the compiler gives it; what
 * people read is escaped where it is written.
 */

const texts = z.array(z.string());
const id = z.string().regex(/^[0-9a-f]{12}$/);
/** An address, a network, or who a pod is. */
const member = z.string().regex(/^[0-9A-Za-z.:/_-]{1,400}$/);
const domainName = z.string().regex(/^(\*\.)?[a-z0-9_.-]{1,253}$/);
const network = z.string().regex(/^[0-9a-f.:]{2,45}\/\d{1,3}$/);
const verdict = z.enum(['Accept', 'Deny']);

const subject = z.strictObject({
  namespaces: texts,
  namespace: z.string().exactOptional(),
  namespaceSelector: labelSelectorSchema,
  podSelector: labelSelectorSchema,
  serviceAccounts: texts.exactOptional(),
});

const group = z.strictObject({
  id,
  role: verdict,
  title: z.string(),
  members: z.array(member),
  subject: subject.exactOptional(),
});

const origin = z.strictObject({
  kind: z.enum(['EgressPolicy', 'ClusterEgressPolicy', 'EnforcementPoint']),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  generation: z.number(),
  tier: z.enum(['Admin', 'Namespace', 'Baseline', 'Default']),
  field: z.string(),
  externalService: z.string().exactOptional(),
  via: z.string().exactOptional(),
  createdAt: z.string().exactOptional(),
  changedBy: changedBySchema.exactOptional(),
  approvedBy: approvedBySchema.exactOptional(),
});

const rule = z.strictObject({
  id,
  action: verdict,
  sources: z.array(id),
  destination: z.strictObject({ any: z.boolean(), names: z.array(domainName), networks: z.array(network) }),
  ports: z.array(portSchema),
  originate: z.literal(true).exactOptional(),
  log: z.boolean(),
  profile: z.string().exactOptional(),
  expiresAt: z.string().exactOptional(),
  origin,
});

export const desiredStateSchema: z.ZodType<DesiredState> = z.strictObject({
  point: z.string(),
  defaultAction: verdict,
  groups: z.array(group),
  rules: z.array(rule),
  namespaces: texts.exactOptional(),
  withheld: z
    .array(z.strictObject({ namespace: z.string(), policies: texts, members: z.array(member) }))
    .exactOptional(),
});

export const groupDeltasSchema: z.ZodType<readonly GroupDelta[]> = z.array(
  z.strictObject({ id, role: verdict, added: z.array(member), removed: z.array(member) }),
);
