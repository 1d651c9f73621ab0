import { z } from 'zod';
import { portSchema } from '../api/fields/destination.ts';
import { labelSelectorSchema } from '../api/fields/selector.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';

/*
 * What another process stored is validated like any input: it may be of another version of Postern, or not of Postern.
 */

const texts = z.array(z.string());
const verdict = z.enum(['Accept', 'Deny']);

const subject = z.strictObject({
  namespaces: texts,
  namespace: z.string().exactOptional(),
  namespaceSelector: labelSelectorSchema,
  podSelector: labelSelectorSchema,
  serviceAccounts: texts.exactOptional(),
});

const group = z.strictObject({
  id: z.string(),
  role: verdict,
  title: z.string(),
  members: texts,
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
  changedBy: z.strictObject({ manager: z.string(), at: z.string() }).exactOptional(),
  approvedBy: z
    .strictObject({
      approver: z.string(),
      approval: z.string(),
      at: z.string().exactOptional(),
      until: z.string(),
      breakGlass: z.literal(true).exactOptional(),
    })
    .exactOptional(),
});

const rule = z.strictObject({
  id: z.string(),
  action: verdict,
  sources: texts,
  destination: z.strictObject({ any: z.boolean(), names: texts, networks: texts }),
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
  withheld: z.array(z.strictObject({ namespace: z.string(), policies: texts, members: texts })).exactOptional(),
});

export const groupDeltasSchema: z.ZodType<readonly GroupDelta[]> = z.array(
  z.strictObject({ id: z.string(), role: verdict, added: texts, removed: texts }),
);
