import { z } from 'zod';
import { onePortForm, portsSchema } from './fields/destination.ts';
import { apiVersion, objectMetaSchema } from './meta.ts';
import { marked, onlyWhere, ruled, someOf, without, type Rule, type Words } from './fields/rule.ts';
import { allFlag, labelSelector } from './fields/selector.ts';

/* What the security team leaves to namespaces. What would let them have more is said in words: see docs/decisions/0018. */

const approvalSchema = z.strictObject({
  fourEyes: z
    .enum(['Required', 'NotRequired'])
    .describe('Required: the author of a policy (annotation `postern.dev/author`) cannot approve it.'),
  maxDays: z.int().min(1).max(3650).describe('Longest time in days, from its creation, for which an approval counts.'),
  breakGlassHours: z
    .int()
    .min(1)
    .max(168)
    .optional()
    .describe(
      'Longest time in hours, from its creation, for which an approval with `breakGlass: true` counts. The author of the policy may give such an approval. Absent: no approval with `breakGlass: true` counts.',
    ),
});

const widestNetworkSchema = z.strictObject({
  ipv4: z.int().min(0).max(32).describe('Shortest IPv4 prefix length: 24 permits /24 to /32.'),
  ipv6: z.int().min(0).max(128).describe('Shortest IPv6 prefix length: 64 permits /64 to /128.'),
});

const egressDelegationSpecSchema = ruled(
  z.strictObject({
    namespaceSelector: labelSelector('`allNamespaces: true` instead of namespaceSelector')
      .optional()
      .describe('Selects the namespaces whose EgressPolicies it limits.'),
    allNamespaces: allFlag(
      '`true` limits the EgressPolicies of every namespace. Use it instead of `namespaceSelector`.',
    ),
    destinations: z
      .enum(['None', 'Catalogue', 'Any'])
      .describe(
        'Destinations that the policies may use without an approval. None: no destination. Catalogue: ExternalServices. Any: ExternalServices, and domain names and networks that the policy lists itself.',
      ),
    widestNetwork: widestNetworkSchema
      .optional()
      .describe(
        'Widest network that a policy may list itself. Required with `destinations: Any`, forbidden otherwise.',
      ),
    ports: portsSchema
      .optional()
      .describe(
        'Ports that a policy may list. A reference to an ExternalService without `ports` uses the ports of the ExternalService and is not limited by this field.',
      ),
    allPorts: allFlag('`true` stands for every protocol and port. Use it instead of `ports`.'),
    denyRules: z
      .enum(['Allowed', 'Forbidden'])
      .optional()
      .describe('Whether policies may have the action Deny. Required unless `destinations` is None.'),
    maxDestinations: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        'Largest number of ExternalServices, domain names and networks in one policy, counted together. Required unless `destinations` is None.',
      ),
    beyond: z
      .enum(['Refuse', 'WaitForApproval'])
      .describe(
        'What happens to an entry of a policy that exceeds these limits. Refuse: it has no effect, and no approval changes that. WaitForApproval: it has no effect until an EgressApproval for this generation of the policy counts.',
      ),
    overdueReviews: marked(z.enum(['Keep', 'Withdraw']), { nullable: true })
      .optional()
      .describe(
        'What happens to a policy after its `governance.reviewBy`. Keep: it stays in force. Withdraw: it has no effect until a person reviews it and sets a later date; a Deny stays in force, and a policy without `reviewBy` exceeds the delegation. `postern lint` warns about overdue reviews (`review-overdue`). Absent: Keep.',
      ),
    approval: approvalSchema
      .optional()
      .describe('Which approvals count. Required with `beyond: WaitForApproval`, forbidden otherwise.'),
  }),
  someOf(['namespaceSelector', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'select namespaces: set namespaceSelector, or set allNamespaces: true for every namespace',
  }),
  without('allNamespaces', ['namespaceSelector'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true replaces namespaceSelector: keep only one of them',
  }),
  onePortForm,
  {
    code: 'ports-required',
    cel: "self.destinations == 'None' || has(self.ports) || has(self.allPorts)",
    holds: ({ destinations, ports, allPorts }) =>
      destinations === 'None' || ports !== undefined || allPorts !== undefined,
    message: 'set the ports that policies may list: ports, or allPorts: true for every port',
    field: 'ports',
    reason: 'FieldValueRequired',
  },
  requiredUnlessNone('denyRules', {
    code: 'deny-rules-required',
    message: 'set denyRules to Allowed or Forbidden: it decides whether policies may have the action Deny',
  }),
  requiredUnlessNone('maxDestinations', {
    code: 'max-destinations-required',
    message: 'set how many destinations a policy may have: without maxDestinations there would be no limit',
  }),
  ...onlyWhere(
    ['widestNetwork', 'destinations', 'Any'],
    {
      code: 'widest-network-required',
      message: 'with destinations: Any, set the widest network that a policy may list',
    },
    {
      code: 'widest-network-forbidden',
      message: 'policies may list networks only with destinations: Any: remove widestNetwork',
    },
  ),
  ...onlyWhere(
    ['approval', 'beyond', 'WaitForApproval'],
    { code: 'approval-required', message: 'with beyond: WaitForApproval, set which approvals count' },
    { code: 'approval-forbidden', message: 'approvals are used only with beyond: WaitForApproval: remove approval' },
  ),
);

type Limit = 'denyRules' | 'maxDestinations';
type Limits = { readonly destinations: string } & Readonly<Partial<Record<Limit, unknown>>>;

/** Left out, a limit would limit nothing. */
function requiredUnlessNone(field: Limit, words: Words): Rule<Limits> {
  return {
    ...words,
    cel: `self.destinations == 'None' || has(self.${field})`,
    holds: (spec) => spec.destinations === 'None' || spec[field] !== undefined,
    field,
    reason: 'FieldValueRequired',
  };
}

export const egressDelegationSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EgressDelegation'),
  metadata: objectMetaSchema,
  spec: egressDelegationSpecSchema.describe(
    'Limits on the EgressPolicies of namespaces, and whether entries beyond the limits can be approved. A policy must satisfy every EgressDelegation that selects its namespace. If none selects it, its policies are not limited.',
  ),
});
export type EgressDelegation = z.infer<typeof egressDelegationSchema>;
