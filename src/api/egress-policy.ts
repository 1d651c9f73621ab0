import { z } from 'zod';
import { refuseDroppedNulls } from './fields/applied.ts';
import { destinationRules, destinations } from './fields/destination.ts';
import { objectNameSchema, shortNameSchema } from './fields/formats.ts';
import { setOf } from './fields/list.ts';
import { apiVersion, governanceSchema, objectMetaSchema } from './meta.ts';
import { marked, ruled, someOf, without } from './fields/rule.ts';
import { allFlag, labelSelector } from './fields/selector.ts';
import { terminatingFields, terminatingRules } from './fields/terminating.ts';

const subjectSchema = ruled(
  z.strictObject({
    podSelector: labelSelector('`allPods: true` instead of podSelector')
      .optional()
      .describe('Selects pods of this namespace by label.'),
    serviceAccounts: setOf(z.array(objectNameSchema).min(1).max(128))
      .optional()
      .describe('Selects pods of this namespace that run under one of these ServiceAccounts.'),
    allPods: allFlag(
      '`true` selects every pod of the namespace. Use it instead of `podSelector` and `serviceAccounts`.',
    ),
  }),
  someOf(['podSelector', 'serviceAccounts', 'allPods'], {
    code: 'no-subject',
    message: 'select pods: set podSelector, serviceAccounts or both, or set allPods: true for the whole namespace',
  }),
  without('allPods', ['podSelector', 'serviceAccounts'], {
    code: 'two-pod-forms',
    message: 'allPods: true replaces podSelector and serviceAccounts: remove it, or remove those two',
  }),
);

const egressPolicySpecSchema = ruled(
  z.strictObject({
    subject: subjectSchema.describe(
      'Pods that the policy applies to: by podSelector, by serviceAccounts (if both are set, a pod must match both), or `allPods: true` for the whole namespace.',
    ),
    action: marked(z.enum(['Accept', 'Deny']), { nullable: true })
      .default('Accept')
      .describe(
        'What happens to matching flows. Among the policies of a namespace, Deny is evaluated before Accept. Pass exists only in ClusterEgressPolicy. A Deny cannot be changed to Accept: delete the policy and create it again.',
      ),
    to: destinations(100).describe('Destinations outside the cluster.'),
    profile: shortNameSchema
      .optional()
      .describe(
        'Name of an inspection profile. The `config.profiles` of each enforcement point maps it to a profile of the device.',
      ),
    ...terminatingFields('its pods'),
    governance: governanceSchema.optional().describe('Owner, justification, ticket, expiry and review date.'),
  }),
  ...destinationRules,
  ...terminatingRules,
  {
    code: 'deny-to-accept',
    // Asked when an object is changed. The default stands where `action` was dropped, so the two look alike.
    cel: "oldSelf.action != 'Deny' || self.action == 'Deny'",
    holds: () => true,
    message:
      'a Deny cannot be changed to Accept: an update that lost its action would look the same, since Accept is the default. Delete the policy and create it again',
    field: 'action',
  },
);

export const egressPolicySchema = z
  .looseObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('EgressPolicy'),
    metadata: objectMetaSchema.extend({
      namespace: shortNameSchema.describe(
        'Namespace of the pods that the policy applies to. Required, so that the result does not depend on the kubectl context.',
      ),
    }),
    spec: egressPolicySpecSchema.describe(
      'Which destinations outside the cluster the pods of its namespace may reach.',
    ),
  })
  .check(refuseDroppedNulls(['subject', 'action', 'to', 'profile'], ({ spec }) => spec.action === 'Deny'));
export type EgressPolicy = z.infer<typeof egressPolicySchema>;
