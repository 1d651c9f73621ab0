import { z } from 'zod';
import { freeText, kindNameSchema, shortNameSchema, timeSchema } from './fields/formats.ts';
import { apiVersion, objectMetaSchema } from './meta.ts';
import { allFlag } from './fields/selector.ts';
import { celText, onlyWhere, ruled, type Rule } from './fields/rule.ts';

const notEmpty: Rule<string> = {
  code: 'empty',
  cel: "self != ''",
  holds: (text) => text !== '',
  message: 'must not be empty',
};
const sha256 = /^[0-9a-f]{64}$/;

const policySchema = z.strictObject({
  name: kindNameSchema.describe('Name of the EgressPolicy, in the same namespace.'),
  uid: ruled(z.string().max(63), notEmpty).describe(
    'UID of the policy. A policy that is deleted and created again under the same name has another uid and needs another approval.',
  ),
  generation: z.int().min(1).describe('Generation of the policy that the approver reviewed.'),
  digest: ruled(z.string().max(64), {
    code: 'bad-digest',
    cel: `self.matches(${celText(sha256.source)})`,
    holds: (text) => sha256.test(text),
    message: 'write the 64 hexadecimal digits that `postern approvals -o json` prints',
  }).describe(
    'SHA-256 of the author, labels and spec that the approver reviewed, as `postern approvals` prints it. The approval covers exactly this content.',
  ),
});

const egressApprovalSpecSchema = ruled(
  z.strictObject({
    policy: policySchema.describe('The policy, in the version that the approver reviewed.'),
    decision: z
      .enum(['Approved', 'Denied'])
      .describe('The decision. One Denied outweighs every Approved of the same generation.'),
    approver: ruled(freeText(253), notEmpty).describe(
      'User name of the approver, as the API server authenticated it. The admission policy rejects any other name.',
    ),
    until: timeSchema
      .optional()
      .describe('RFC 3339 time at which the approval ends. Required with Approved, forbidden with Denied.'),
    breakGlass: allFlag(
      '`true` marks an emergency approval. The approver needs the permission `break-glass` instead of `approve` and may be the author of the policy. The approval counts for at most `breakGlassHours` of the EgressDelegation, and Postern reports it as a warning. Only with Approved.',
    ),
    reason: freeText(1024)
      .optional()
      .describe('Reason for the decision, for the author and for auditors. Required with `breakGlass`.'),
  }),
  ...onlyWhere(
    ['until', 'decision', 'Approved'],
    { code: 'until-required', message: 'set the time at which the approval ends' },
    {
      code: 'until-forbidden',
      message: 'a Denied does not end by time: remove until; to withdraw the Denied, delete the object',
    },
  ),
  {
    code: 'break-glass-forbidden',
    // Otherwise a user with break-glass alone could end what others have approved.
    cel: "self.decision == 'Approved' || !has(self.breakGlass)",
    holds: ({ decision, breakGlass }) => decision === 'Approved' || breakGlass === undefined,
    message: 'breakGlass is only for Approved: remove it; to deny, a user needs the permission approve',
    field: 'breakGlass',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'reason-required',
    cel: '!has(self.breakGlass) || has(self.reason)',
    holds: ({ breakGlass, reason }) => breakGlass === undefined || reason !== undefined,
    message: 'describe the emergency',
    field: 'reason',
    reason: 'FieldValueRequired',
  },
  {
    code: 'approval-is-final',
    // Asked when an object is changed.
    cel: 'self == oldSelf',
    holds: () => true,
    message:
      'an EgressApproval cannot be changed: create another one, and delete this one if it should no longer count',
  },
);

export const egressApprovalSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EgressApproval'),
  metadata: objectMetaSchema.extend({ namespace: shortNameSchema.describe('The namespace of the policy.') }),
  spec: egressApprovalSpecSchema.describe('The decision of a person about one generation of an EgressPolicy.'),
});
export type EgressApproval = z.infer<typeof egressApprovalSchema>;
