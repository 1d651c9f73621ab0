import { z } from 'zod';
import { apiVersion, labelSelectorSchema, networksSchema, objectMetaSchema } from './meta.ts';

export const enforcementPointSpecSchema = z.strictObject({
  adapter: z.string().min(1).describe('Kind of device: fortigate, f5-afm, istio, ...'),
  mode: z.enum(['Observe', 'Enforce']).default('Observe').describe('Observe plans and reports and touches nothing.'),
  vantage: z
    .strictObject({
      type: z
        .enum(['Pod', 'Node', 'EgressGateway', 'Static'])
        .describe('Whose addresses the point sees as the source.'),
      networks: networksSchema.optional().describe('Static: the addresses behind which all covered pods appear.'),
      gateway: z
        .strictObject({ namespace: z.string().min(1), podSelector: labelSelectorSchema })
        .optional()
        .describe('EgressGateway: the pods of the gateway.'),
    })
    .default({ type: 'Pod' })
    .describe('What the point really sees.'),
  namespaceSelector: labelSelectorSchema.optional().describe('Namespaces it covers; absent: all.'),
  policySelector: labelSelectorSchema.optional().describe('Policies it enforces, by label; absent: all.'),
  clusterNetworks: networksSchema
    .optional()
    .describe(
      'Networks out of which covered workloads get their addresses. With them, Deny for everyone and the default Deny hold for an address nobody has seen yet.',
    ),
  secretRef: z
    .strictObject({ name: z.string().min(1) })
    .optional()
    .describe('Secret with the credentials, in the namespace of Postern itself, always.'),
  config: z.record(z.string(), z.unknown()).default({}).describe("The adapter's own options; see the adapter's page."),
  guard: z
    .strictObject({
      maxRemovals: z
        .int()
        .min(0)
        .default(50)
        .describe('Removals beyond this number, and beyond the percentage, are held.'),
      maxRemovalsPercent: z
        .int()
        .min(0)
        .max(100)
        .default(20)
        .describe('Removals beyond this share of what is there, and beyond the number, are held.'),
    })
    .default({ maxRemovals: 50, maxRemovalsPercent: 20 })
    .describe('Limits on removals that no observed event explains.'),
  defaultAction: z.enum(['Accept', 'Deny']).default('Deny').describe('What happens to flows that no rule matches.'),
});

export const enforcementPointSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EnforcementPoint'),
  metadata: objectMetaSchema,
  spec: enforcementPointSpecSchema,
});
export type EnforcementPoint = z.infer<typeof enforcementPointSchema>;
