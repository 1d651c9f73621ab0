import { z } from 'zod';
import { freeText, kindNameSchema, shortNameSchema, timeSchema } from './fields/formats.ts';
import { apiVersion, objectMetaSchema } from './meta.ts';
import { everyWord } from './fields/selector.ts';
import { celText, ruled, type Rule } from './fields/rule.ts';

const notEmpty: Rule<string> = {
  code: 'empty',
  cel: "self != ''",
  holds: (text) => text !== '',
  message: 'write it: it must not be empty',
};
const sha256 = /^[0-9a-f]{64}$/;

const policySchema = z.strictObject({
  name: kindNameSchema.describe('Name of the EgressPolicy, in the same namespace.'),
  uid: ruled(z.string().max(63), notEmpty).describe(
    'Its uid: a policy that is made anew under the name is another one.',
  ),
  generation: z.int().min(1).describe('The generation that was looked at.'),
  digest: ruled(z.string().max(64), {
    code: 'bad-digest',
    cel: `self.matches(${celText(sha256.source)})`,
    holds: (text) => sha256.test(text),
    message: 'write the 64 hexadecimal digits that `postern approvals -o json` prints',
  }).describe(
    'SHA-256 of the author, the labels and the spec that were looked at, as `postern approvals` prints it: what is approved is that, and nothing else.',
  ),
});

const egressApprovalSpecSchema = ruled(
  z.strictObject({
    policy: policySchema.describe('What was looked at.'),
    decision: z
      .enum(['Approved', 'Denied'])
      .describe('Approved or Denied; Denied counts, whoever else approves the same generation.'),
    approver: ruled(freeText(253), notEmpty).describe(
      'Who decides, as the API server knows them; the admission policy refuses every other name.',
    ),
    until: timeSchema
      .optional()
      .describe('With Approved, and only there: RFC 3339 time from which it counts no longer.'),
    breakGlass: everyWord(
      'True, and only with Approved: an emergency. It needs the right `break-glass` instead of `approve`, the author may do it too, it counts for hours, and it is told as a warning.',
    ),
    reason: freeText(1024).optional().describe('Why, for the author and for auditors.'),
  }),
  {
    code: 'until-required',
    cel: "self.decision != 'Approved' || has(self.until)",
    holds: ({ decision, until }) => decision !== 'Approved' || until !== undefined,
    message: 'say until when it is approved',
    field: 'until',
    reason: 'FieldValueRequired',
  },
  {
    code: 'until-forbidden',
    cel: "self.decision == 'Approved' || !has(self.until)",
    holds: ({ decision, until }) => decision === 'Approved' || until === undefined,
    message: 'a Denied has no end: leave it out, and delete the object to take it back',
    field: 'until',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'break-glass-forbidden',
    // Else whoever is on duty could end what others have approved, and has no right to that.
    cel: "self.decision == 'Approved' || !has(self.breakGlass)",
    holds: ({ decision, breakGlass }) => decision === 'Approved' || breakGlass === undefined,
    message: 'a Denied is no emergency: leave it out; denying needs the right approve',
    field: 'breakGlass',
    reason: 'FieldValueForbidden',
  },
  {
    code: 'reason-required',
    cel: '!has(self.breakGlass) || has(self.reason)',
    holds: ({ breakGlass, reason }) => breakGlass === undefined || reason !== undefined,
    message: 'say what the emergency is',
    field: 'reason',
    reason: 'FieldValueRequired',
  },
  {
    code: 'approval-is-final',
    // Asked when an object is changed.
    cel: 'self == oldSelf',
    holds: () => true,
    message: 'what was decided is not changed: make another EgressApproval, and delete this one if it should not count',
  },
);

export const egressApprovalSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EgressApproval'),
  metadata: objectMetaSchema.extend({ namespace: shortNameSchema.describe('The namespace of the policy.') }),
  spec: egressApprovalSpecSchema.describe(
    'That a person has looked at one generation of an EgressPolicy, and decided.',
  ),
});
export type EgressApproval = z.infer<typeof egressApprovalSchema>;
