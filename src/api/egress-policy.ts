import { z } from 'zod';
import { apiVersion, destinationSchema, governanceSchema, labelSelectorSchema, objectMetaSchema } from './meta.ts';

export const egressPolicySpecSchema = z.strictObject({
  subject: z
    .strictObject({
      podSelector: labelSelectorSchema.optional().describe('Pods of this namespace by label.'),
      serviceAccounts: z.array(z.string()).optional().describe('Pods that run under one of these ServiceAccounts.'),
    })
    .default({})
    .describe('Which pods; what is given must all hold; empty: the whole namespace.'),
  action: z.enum(['Accept', 'Deny']).default('Accept').describe('What happens to matching flows.'),
  to: z.array(destinationSchema).min(1).describe('Where to.'),
  profile: z.string().optional().describe('A named inspection profile, mapped per enforcement point.'),
  governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
});

export const egressPolicySchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EgressPolicy'),
  metadata: objectMetaSchema.extend({ namespace: z.string() }),
  spec: egressPolicySpecSchema,
});
export type EgressPolicy = z.infer<typeof egressPolicySchema>;
