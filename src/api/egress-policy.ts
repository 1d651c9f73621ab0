import { z } from 'zod';
import { objectNameSchema, shortNameSchema } from './formats.ts';
import { setOf } from './list.ts';
import { apiVersion, destinations, governanceSchema, labelSelectorSchema, objectMetaSchema } from './meta.ts';
import { ruled } from './rule.ts';

const egressPolicySpecSchema = ruled(
  z.strictObject({
    subject: z
      .strictObject({
        podSelector: labelSelectorSchema.optional().describe('Pods of this namespace by label; empty: all of them.'),
        serviceAccounts: setOf(z.array(objectNameSchema).min(1).max(128))
          .optional()
          .describe('Pods of this namespace that run under one of these ServiceAccounts.'),
      })
      .default({})
      .describe('Which pods; what is given must all hold; empty: the whole namespace.'),
    action: z
      .enum(['Accept', 'Deny'])
      .default('Accept')
      .describe(
        'What happens to matching flows. Deny is asked before Accept among the policies of a namespace; Pass exists only in ClusterEgressPolicy.',
      ),
    to: destinations(100).describe('Where to.'),
    profile: shortNameSchema.optional().describe('A named inspection profile, mapped per enforcement point.'),
    governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
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

export const egressPolicySchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EgressPolicy'),
  metadata: objectMetaSchema.extend({
    namespace: shortNameSchema.describe(
      'The namespace whose pods it is about; write it out, so that the answer does not depend on a kubectl context.',
    ),
  }),
  spec: egressPolicySpecSchema.describe('Which pods of its namespace may reach what outside the cluster.'),
});
export type EgressPolicy = z.infer<typeof egressPolicySchema>;
