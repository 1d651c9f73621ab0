import { z } from 'zod';
import { refuseDroppedNulls } from './fields/applied.ts';
import { destinationRules, destinations } from './fields/destination.ts';
import { objectNameSchema, plainNameSchema, shortNameSchema } from './fields/formats.ts';
import { mapOf } from './fields/list.ts';
import { apiVersion, governanceSchema, objectMetaSchema } from './meta.ts';
import { ruled, someOf, without } from './fields/rule.ts';
import { everyWord, labelSelector } from './fields/selector.ts';
import { terminatingFields, terminatingRules } from './fields/terminating.ts';

const serviceAccountSchema = z.strictObject({
  namespace: shortNameSchema.describe('Namespace of the ServiceAccount.'),
  name: objectNameSchema.describe('Name of the ServiceAccount.'),
});

const subjectSchema = ruled(
  z.strictObject({
    namespaceSelector: labelSelector('`allNamespaces: true` instead of namespaceSelector')
      .optional()
      .describe('Pods in namespaces with these labels.'),
    allNamespaces: everyWord('True: pods in every namespace. Instead of `namespaceSelector`.'),
    podSelector: labelSelector('`allPods: true` instead of podSelector').optional().describe('Pods with these labels.'),
    serviceAccounts: mapOf(z.array(serviceAccountSchema).min(1).max(128), 'namespace', 'name')
      .optional()
      .describe('Pods that run under one of these ServiceAccounts.'),
    allPods: everyWord('True: every pod of these namespaces. Instead of `podSelector` and `serviceAccounts`.'),
  }),
  someOf(['podSelector', 'serviceAccounts', 'allPods'], {
    code: 'no-subject',
    message: 'say which pods: podSelector, serviceAccounts, both, or allPods: true for all of the namespaces',
  }),
  someOf(['namespaceSelector', 'serviceAccounts', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'say which namespaces: namespaceSelector, serviceAccounts, or allNamespaces: true for every one',
  }),
  without('allPods', ['podSelector', 'serviceAccounts'], {
    code: 'two-pod-forms',
    message: 'allPods: true stands for podSelector and serviceAccounts: leave it out, or those',
  }),
  without('allNamespaces', ['namespaceSelector'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true stands for namespaceSelector: keep one of them',
  }),
);

const egressRuleSchema = ruled(
  z.strictObject({
    name: plainNameSchema.optional().describe('Shown in reports; unique within the policy.'),
    action: z
      .enum(['Accept', 'Deny', 'Pass'])
      .describe('What happens to matching flows. Pass hands them to the namespaced policies.'),
    to: destinations(20).describe('Where to.'),
    profile: shortNameSchema.optional().describe('A named inspection profile, mapped per enforcement point.'),
  }),
  ...destinationRules,
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
    subject: subjectSchema.describe(
      'Which pods, and of which namespaces: what is given must all hold, and every pod or namespace is said as `allPods: true`, `allNamespaces: true`.',
    ),
    egress: z
      .array(egressRuleSchema)
      .min(1)
      .max(16)
      .describe('Rules, asked in this order; the first that matches decides.'),
    ...terminatingFields('its pods'),
    governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
  }),
  ...terminatingRules,
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

export const clusterEgressPolicySchema = z
  .looseObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('ClusterEgressPolicy'),
    metadata: objectMetaSchema,
    spec: clusterEgressPolicySpecSchema.describe(
      'What the security team decides for the whole cluster, before (Admin) or after (Baseline) the namespaced policies.',
    ),
  })
  .check(refuseDroppedNulls(['subject', 'egress'], ({ spec }) => spec.egress.some(({ action }) => action === 'Deny')));
export type ClusterEgressPolicy = z.infer<typeof clusterEgressPolicySchema>;
