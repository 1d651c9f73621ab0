import { z } from 'zod';
import { objectNameSchema, plainNameSchema, shortNameSchema } from './formats.ts';
import { mapOf } from './list.ts';
import { apiVersion, destinations, governanceSchema, labelSelectorSchema, objectMetaSchema } from './meta.ts';
import { ruled } from './rule.ts';

const serviceAccountSchema = z.strictObject({
  namespace: shortNameSchema.describe('Namespace of the ServiceAccount.'),
  name: objectNameSchema.describe('Name of the ServiceAccount.'),
});

const egressRuleSchema = ruled(
  z.strictObject({
    name: plainNameSchema.optional().describe('Shown in reports; unique within the policy.'),
    action: z
      .enum(['Accept', 'Deny', 'Pass'])
      .describe('What happens to matching flows. Pass hands them to the namespaced policies.'),
    to: destinations(20).describe('Where to.'),
    profile: shortNameSchema.optional().describe('A named inspection profile, mapped per enforcement point.'),
  }),
  {
    code: 'deny-on-domain-name',
    cel: "self.action != 'Deny' || !self.to.exists(to, has(to.domainNames))",
    holds: ({ action, to }) => action !== 'Deny' || to.every(({ domainNames }) => domainNames === undefined),
    message:
      'a name cannot be denied: not all its addresses are ever known, so the Deny would have holes; deny networks, or accept only what is needed',
    field: 'to',
  },
);

const clusterEgressPolicySpecSchema = ruled(
  z.strictObject({
    tier: z.enum(['Admin', 'Baseline']).describe('Admin is asked before the namespaced policies, Baseline after them.'),
    priority: z
      .int()
      .min(0)
      .max(1000)
      .describe(
        'Lower is asked first within the tier; policies of equal priority are asked in the order of their names.',
      ),
    subject: z
      .strictObject({
        namespaceSelector: labelSelectorSchema.optional().describe('Pods in namespaces with these labels.'),
        podSelector: labelSelectorSchema.optional().describe('Pods with these labels.'),
        serviceAccounts: mapOf(z.array(serviceAccountSchema).min(1).max(128), 'namespace', 'name')
          .optional()
          .describe('Pods that run under one of these ServiceAccounts.'),
      })
      .default({})
      .describe('Which pods; what is given must all hold; empty: every pod.'),
    egress: z
      .array(egressRuleSchema)
      .min(1)
      .max(16)
      .describe('Rules, asked in this order; the first that matches decides.'),
    governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
  }),
  {
    code: 'duplicate-name',
    cel: 'self.egress.all(one, !has(one.name) || self.egress.exists_one(other, has(other.name) && other.name == one.name))',
    holds: ({ egress }) => {
      const names = egress.flatMap(({ name }) => name ?? []);
      return new Set(names).size === names.length;
    },
    message: 'two rules have the same name: reports could not tell them apart',
    field: 'egress',
  },
);

export const clusterEgressPolicySchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('ClusterEgressPolicy'),
  metadata: objectMetaSchema,
  spec: clusterEgressPolicySpecSchema.describe(
    'What the security team decides for the whole cluster, before (Admin) or after (Baseline) the namespaced policies.',
  ),
});
export type ClusterEgressPolicy = z.infer<typeof clusterEgressPolicySchema>;
