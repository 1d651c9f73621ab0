import { z } from 'zod';
import { onePortForm, portsSchema } from './fields/destination.ts';
import { apiVersion, objectMetaSchema } from './meta.ts';
import { marked, ruled, someOf, without, type Rule } from './fields/rule.ts';
import { everyWord, labelSelector } from './fields/selector.ts';

/* What the security team leaves to namespaces. What would let them have more is said in words: see docs/decisions/0018. */

const approvalSchema = z.strictObject({
  fourEyes: z
    .enum(['Required', 'NotRequired'])
    .describe('Required: who wrote a policy (annotation `postern.dev/author`) does not approve it.'),
  maxDays: z.int().min(1).max(3650).describe('For how many days, from when it was made, an approval counts at most.'),
  breakGlassHours: z
    .int()
    .min(1)
    .max(168)
    .optional()
    .describe(
      'For how many hours at most an approval with `breakGlass: true` counts, which also the author of the policy may give. Absent: none does.',
    ),
});

const widestNetworkSchema = z.strictObject({
  ipv4: z.int().min(0).max(32).describe('Shortest prefix of an IPv4 network: 24 permits /24 to /32.'),
  ipv6: z.int().min(0).max(128).describe('Shortest prefix of an IPv6 network.'),
});

const egressDelegationSpecSchema = ruled(
  z.strictObject({
    namespaceSelector: labelSelector('`allNamespaces: true` instead of namespaceSelector')
      .optional()
      .describe('Namespaces whose EgressPolicies it limits, by label.'),
    allNamespaces: everyWord('True: those of every namespace. Instead of `namespaceSelector`.'),
    destinations: z
      .enum(['None', 'Catalogue', 'Any'])
      .describe(
        'What they may choose by themselves: nothing, ExternalServices, or names and networks of their own as well.',
      ),
    widestNetwork: widestNetworkSchema
      .optional()
      .describe('With Any, and only there: how wide a network of their own may be.'),
    ports: portsSchema
      .optional()
      .describe('Ports that a policy may write. An ExternalService named without ports has those of the catalogue.'),
    allPorts: everyWord('True: every protocol and port. Instead of `ports`.'),
    denyRules: z.enum(['Allowed', 'Forbidden']).optional().describe('Whether policies may have the action Deny.'),
    maxDestinations: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('ExternalServices, domain names and networks of one policy together, at most.'),
    beyond: z
      .enum(['Refuse', 'WaitForApproval'])
      .describe(
        'What becomes of an entry that goes further. Refuse: it contributes nothing, whoever approves it. WaitForApproval: it contributes nothing until an EgressApproval of this generation counts.',
      ),
    overdueReviews: marked(z.enum(['Keep', 'Withdraw']), { nullable: true })
      .optional()
      .describe(
        'What becomes of a policy whose `governance.reviewBy` is past. Withdraw: it contributes nothing until somebody has looked at it and set the next date, unless it is a Deny; one without a date goes beyond the delegation. Absent: Keep; `postern lint` warns (`review-overdue`).',
      ),
    approval: approvalSchema.optional().describe('With WaitForApproval, and only there: which approvals count.'),
  }),
  someOf(['namespaceSelector', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'say which namespaces: namespaceSelector, or allNamespaces: true for every one',
  }),
  without('allNamespaces', ['namespaceSelector'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true stands for namespaceSelector: keep one of them',
  }),
  onePortForm,
  {
    code: 'ports-required',
    cel: "self.destinations == 'None' || has(self.ports) || has(self.allPorts)",
    holds: ({ destinations, ports, allPorts }) =>
      destinations === 'None' || ports !== undefined || allPorts !== undefined,
    message: 'say which ports they may write: ports, or allPorts: true for every one',
    field: 'ports',
    reason: 'FieldValueRequired',
  },
  requiredUnlessNone('denyRules', {
    code: 'deny-rules-required',
    message: 'say whether policies may deny: denyRules: Allowed or Forbidden',
  }),
  requiredUnlessNone('maxDestinations', {
    code: 'max-destinations-required',
    message: 'say how many destinations a policy may have: left out, it would limit nothing',
  }),
  ...onlyWhere(
    ['widestNetwork', 'destinations', 'Any'],
    { code: 'widest-network-required', message: 'with destinations: Any, say how wide a network of their own may be' },
    { code: 'widest-network-forbidden', message: 'only with destinations: Any there are such networks: leave it out' },
  ),
  ...onlyWhere(
    ['approval', 'beyond', 'WaitForApproval'],
    { code: 'approval-required', message: 'with beyond: WaitForApproval, say which approvals count' },
    { code: 'approval-forbidden', message: 'approvals exist only with beyond: WaitForApproval: leave it out' },
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

/** The field is there with this value of another, and with no other. */
function onlyWhere<F extends string, O extends string>(
  [field, other, value]: readonly [F, O, string],
  required: Words,
  forbidden: Words,
): readonly Rule<Readonly<Partial<Record<F | O, unknown>>>>[] {
  return [
    {
      ...required,
      cel: `self.${other} != '${value}' || has(self.${field})`,
      holds: (spec) => spec[other] !== value || spec[field] !== undefined,
      field,
      reason: 'FieldValueRequired',
    },
    {
      ...forbidden,
      cel: `self.${other} == '${value}' || !has(self.${field})`,
      holds: (spec) => spec[other] === value || spec[field] === undefined,
      field,
      reason: 'FieldValueForbidden',
    },
  ];
}

type Words = Readonly<Record<'code' | 'message', string>>;

export const egressDelegationSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EgressDelegation'),
  metadata: objectMetaSchema,
  spec: egressDelegationSpecSchema.describe(
    'What the EgressPolicies of namespaces may say by themselves, and whether more than that waits for an approval. Where several concern a namespace, all must hold; where none does, nothing is limited.',
  ),
});
export type EgressDelegation = z.infer<typeof egressDelegationSchema>;
