import { z } from 'zod';
import { apiVersion, destinationSchema, governanceSchema, labelSelectorSchema, objectMetaSchema } from './meta.ts';

export const clusterEgressPolicySpecSchema = z.strictObject({
  tier: z.enum(['Admin', 'Baseline']).describe('Admin is asked before the namespaced policies, Baseline after them.'),
  priority: z.int().min(0).max(1000).describe('Lower is asked first within the tier.'),
  subject: z
    .strictObject({
      namespaceSelector: labelSelectorSchema.optional().describe('Pods in namespaces with these labels.'),
      podSelector: labelSelectorSchema.optional().describe('Pods with these labels.'),
      serviceAccounts: z
        .array(z.strictObject({ namespace: z.string().min(1), name: z.string().min(1) }))
        .optional()
        .describe('Pods that run under one of these ServiceAccounts.'),
    })
    .default({})
    .describe('Which pods; what is given must all hold; empty: every pod.'),
  egress: z
    .array(
      z.strictObject({
        name: z.string().optional().describe('Shown in reports.'),
        action: z.enum(['Accept', 'Deny', 'Pass']).describe('Pass hands the flow to the namespaced policies.'),
        to: z.array(destinationSchema).min(1).describe('Where to.'),
        profile: z.string().optional().describe('A named inspection profile, mapped per enforcement point.'),
      }),
    )
    .min(1)
    .describe('Rules, asked in this order.'),
  governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
});

export const clusterEgressPolicySchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('ClusterEgressPolicy'),
  metadata: objectMetaSchema,
  spec: clusterEgressPolicySpecSchema,
});
export type ClusterEgressPolicy = z.infer<typeof clusterEgressPolicySchema>;
