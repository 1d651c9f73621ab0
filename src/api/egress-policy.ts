import { z } from 'zod';
import { refuseDroppedNulls } from './fields/applied.ts';
import { destinationRules, destinations } from './fields/destination.ts';
import { objectNameSchema, shortNameSchema } from './fields/formats.ts';
import { setOf } from './fields/list.ts';
import { apiVersion, governanceSchema, objectMetaSchema } from './meta.ts';
import { marked, ruled, someOf, without } from './fields/rule.ts';
import { everyWord, labelSelector } from './fields/selector.ts';
import { terminatingFields, terminatingRules } from './fields/terminating.ts';

const subjectSchema = ruled(
  z.strictObject({
    podSelector: labelSelector('`allPods: true` instead of podSelector')
      .optional()
      .describe('Pods of this namespace by label.'),
    serviceAccounts: setOf(z.array(objectNameSchema).min(1).max(128))
      .optional()
      .describe('Pods of this namespace that run under one of these ServiceAccounts.'),
    allPods: everyWord('True: every pod of the namespace. Instead of `podSelector` and `serviceAccounts`.'),
  }),
  someOf(['podSelector', 'serviceAccounts', 'allPods'], {
    code: 'no-subject',
    message: 'say which pods: podSelector, serviceAccounts, both, or allPods: true for the whole namespace',
  }),
  without('allPods', ['podSelector', 'serviceAccounts'], {
    code: 'two-pod-forms',
    message: 'allPods: true stands for podSelector and serviceAccounts: leave it out, or those',
  }),
);

const egressPolicySpecSchema = ruled(
  z.strictObject({
    subject: subjectSchema.describe(
      'Which pods: podSelector, serviceAccounts (where both are given, both must hold), or `allPods: true` for the whole namespace.',
    ),
    action: marked(z.enum(['Accept', 'Deny']), { nullable: true })
      .default('Accept')
      .describe(
        'What happens to matching flows. Deny is asked before Accept among the policies of a namespace; Pass exists only in ClusterEgressPolicy. A Deny does not become an Accept in place.',
      ),
    to: destinations(100).describe('Where to.'),
    profile: shortNameSchema.optional().describe('A named inspection profile, mapped per enforcement point.'),
    ...terminatingFields('its pods'),
    governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
  }),
  ...destinationRules,
  ...terminatingRules,
  {
    code: 'deny-to-accept',
    // Asked when an object is changed. The default stands where `action` was dropped, so the two look alike.
    cel: "oldSelf.action != 'Deny' || self.action == 'Deny'",
    holds: () => true,
    message:
      'a Deny does not become an Accept in place, because that is also what is left of one that lost its action: delete the policy and apply it anew',
    field: 'action',
  },
);

export const egressPolicySchema = z
  .looseObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('EgressPolicy'),
    metadata: objectMetaSchema.extend({
      namespace: shortNameSchema.describe(
        'The namespace whose pods it is about; write it out, so that the answer does not depend on a kubectl context.',
      ),
    }),
    spec: egressPolicySpecSchema.describe('Which pods of its namespace may reach what outside the cluster.'),
  })
  .check(refuseDroppedNulls(['subject', 'action', 'to', 'profile'], ({ spec }) => spec.action === 'Deny'));
export type EgressPolicy = z.infer<typeof egressPolicySchema>;
