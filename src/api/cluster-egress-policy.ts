import { z } from 'zod';
import { refuseDroppedNulls } from './fields/applied.ts';
import { destinationRules, destinations } from './fields/destination.ts';
import { objectNameSchema, plainNameSchema, shortNameSchema } from './fields/formats.ts';
import { mapOf } from './fields/list.ts';
import { apiVersion, governanceSchema, objectMetaSchema } from './meta.ts';
import { ruled, someOf, without } from './fields/rule.ts';
import { allFlag, labelSelector } from './fields/selector.ts';
import { terminatingFields, terminatingRules } from './fields/terminating.ts';

const serviceAccountSchema = z.strictObject({
  namespace: shortNameSchema.describe('Namespace of the ServiceAccount.'),
  name: objectNameSchema.describe('Name of the ServiceAccount.'),
});

const subjectSchema = ruled(
  z.strictObject({
    namespaceSelector: labelSelector('`allNamespaces: true` instead of namespaceSelector')
      .optional()
      .describe('Selects the pods of namespaces with these labels.'),
    allNamespaces: allFlag('`true` selects the pods of every namespace. Use it instead of `namespaceSelector`.'),
    podSelector: labelSelector('`allPods: true` instead of podSelector')
      .optional()
      .describe('Selects pods with these labels.'),
    serviceAccounts: mapOf(z.array(serviceAccountSchema).min(1).max(128), 'namespace', 'name')
      .optional()
      .describe('Selects pods that run under one of these ServiceAccounts.'),
    allPods: allFlag(
      '`true` selects every pod of these namespaces. Use it instead of `podSelector` and `serviceAccounts`.',
    ),
  }),
  someOf(['podSelector', 'serviceAccounts', 'allPods'], {
    code: 'no-subject',
    message:
      'select pods: set podSelector, serviceAccounts or both, or set allPods: true for every pod of the namespaces',
  }),
  someOf(['namespaceSelector', 'serviceAccounts', 'allNamespaces'], {
    code: 'no-namespaces',
    message:
      'select namespaces: set namespaceSelector or serviceAccounts, or set allNamespaces: true for every namespace',
  }),
  without('allPods', ['podSelector', 'serviceAccounts'], {
    code: 'two-pod-forms',
    message: 'allPods: true replaces podSelector and serviceAccounts: remove it, or remove those two',
  }),
  without('allNamespaces', ['namespaceSelector'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true replaces namespaceSelector: keep only one of them',
  }),
);

const egressRuleSchema = ruled(
  z.strictObject({
    name: plainNameSchema.optional().describe('Name of the rule in reports. Unique within the policy.'),
    action: z
      .enum(['Accept', 'Deny', 'Pass'])
      .describe('What happens to matching flows. Pass leaves the decision to the namespaced policies.'),
    to: destinations(20).describe('Destinations outside the cluster.'),
    profile: shortNameSchema
      .optional()
      .describe(
        'Name of an inspection profile. The `config.profiles` of each enforcement point maps it to a profile of the device.',
      ),
  }),
  ...destinationRules,
);

const clusterEgressPolicySpecSchema = ruled(
  z.strictObject({
    tier: z
      .enum(['Admin', 'Baseline'])
      .describe('Admin is evaluated before the namespaced policies, Baseline after them.'),
    priority: z
      .int()
      .min(0)
      .max(1000)
      .describe(
        'Order within the tier: the lowest number is evaluated first. Policies of equal priority are evaluated in the order of their names.',
      ),
    subject: subjectSchema.describe(
      'Pods that the policy applies to. A pod must match every field that is set. For every pod write `allPods: true`, for every namespace `allNamespaces: true`.',
    ),
    egress: z
      .array(egressRuleSchema)
      .min(1)
      .max(16)
      .describe('Rules, evaluated in this order. The first rule that matches decides.'),
    ...terminatingFields('its pods'),
    governance: governanceSchema.optional().describe('Owner, justification, ticket, expiry and review date.'),
  }),
  ...terminatingRules,
  {
    code: 'duplicate-name',
    cel: 'self.egress.all(one, !has(one.name) || self.egress.exists_one(other, has(other.name) && other.name == one.name))',
    holds: ({ egress }) => {
      const names = egress.flatMap(({ name }) => name ?? []);
      return new Set(names).size === names.length;
    },
    message: 'two rules have the same name, so reports could not distinguish them: rename one',
    field: 'egress',
  },
);

export const clusterEgressPolicySchema = z
  .looseObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('ClusterEgressPolicy'),
    metadata: objectMetaSchema,
    spec: clusterEgressPolicySpecSchema.describe(
      'Rules of the security team for the whole cluster, evaluated before (Admin) or after (Baseline) the namespaced policies.',
    ),
  })
  .check(refuseDroppedNulls(['subject', 'egress'], ({ spec }) => spec.egress.some(({ action }) => action === 'Deny')));
export type ClusterEgressPolicy = z.infer<typeof clusterEgressPolicySchema>;
