import { z } from 'zod';
import { mapOf } from './fields/list.ts';
import { conditionSchema } from './meta.ts';
import { marked } from './fields/rule.ts';

/* What Postern writes into `status`. Reading code trusts none of it: truth is the spec and what the device says. */

const timeSchema = marked(z.string(), { format: 'date-time' });
const countSchema = z.int().min(0);

const conditionsSchema = mapOf(z.array(conditionSchema).max(16), 'type');

const common = {
  observedGeneration: countSchema.optional().describe('Generation of the object that this status describes.'),
  ready: z
    .enum(['True', 'False', 'Unknown'])
    .optional()
    .describe('Summary of the conditions. True: everything that the object asks for is in force.'),
  conditions: conditionsSchema.optional().describe('Conditions, each with its reason and what to do next.'),
};

const lossSchema = z.strictObject({
  effect: z
    .enum(['rejected', 'narrowed', 'split', 'elsewhere', 'approximate'])
    .describe('What the point has instead of what was asked for. It never permits more.'),
  id: z.string().max(253).describe('Rule or group that is affected.'),
  code: z.string().max(63).describe('Stable code for programs.'),
  message: z.string().max(1024).describe('What the point cannot express, and what to do about it.'),
});

const placeSchema = z.string().max(1024);

const measures = {
  rules: countSchema.optional().describe('Number of rules that the point should have.'),
  addresses: countSchema.optional().describe('Number of source addresses in force at the point.'),
  losses: z
    .array(lossSchema)
    .max(64)
    .optional()
    .describe('What the point cannot express. At most the first 64 entries.'),
  lastSyncTime: timeSchema.optional().describe('When Postern last read the point back and found the desired state.'),
  liveSince: timeSchema.optional().describe('Time since which the data plane of the point enforces this.'),
  proxies: z
    .string()
    .max(31)
    .optional()
    .describe(
      'Number of pods whose proxies have the current configuration, and of pods that should have it: `41/42`. Absent if this cannot be determined. The condition Live names the pods that do not have it.',
    ),
};

const pointShareSchema = z.strictObject({
  name: z.string().max(253).describe('Name of the EnforcementPoint.'),
  conditions: common.conditions,
  ...measures,
});

const spread = {
  points: z
    .string()
    .max(15)
    .optional()
    .describe('Number of enforcement points where it is in force, and of those where it should be: `3/3`.'),
  enforcementPoints: mapOf(z.array(pointShareSchema).max(256), 'name')
    .optional()
    .describe('State at each enforcement point.'),
};

/** Status of an EgressPolicy and of a ClusterEgressPolicy. */
export const policyStatusSchema = z
  .strictObject({ ...common, ...spread })
  .describe('Where the policy is in force, and what is wrong with it.');
export type PolicyStatus = z.infer<typeof policyStatusSchema>;

/** Status of an ExternalService. */
export const serviceStatusSchema = z
  .strictObject({
    ...common,
    policies: countSchema.optional().describe('Number of policies that refer to it.'),
    ...spread,
  })
  .describe('Whether the service is usable, and where it is in force.');

/** Status of an EnforcementPoint. */
export const pointStatusSchema = z
  .strictObject({
    ...common,
    ...measures,
    writesTo: placeSchema
      .optional()
      .describe('Where Postern last wrote for this point: the device, the part of it, and the cluster.'),
    vantage: z
      .string()
      .max(253)
      .optional()
      .describe('Vantage of the addresses in its groups, when Postern last read them back as desired.'),
    leftBehind: z
      .array(placeSchema)
      .max(16)
      .optional()
      .describe('Places where Postern wrote for this point before. What it permitted there may still be in force.'),
    acknowledged: z
      .string()
      .max(1_023)
      .optional()
      .describe(
        'Value of the annotation `postern.dev/left-behind` when Postern last applied it. It does not cover places that were left later.',
      ),
    inForce: z
      .string()
      .max(31)
      .optional()
      .describe('Number of rules found on the device at the last read, and of rules that it should have: `4/7`.'),
    deviceVersion: z.string().max(63).optional().describe('Version of the device at the last probe.'),
  })
  .describe('State of the point, and what is in force there.');
export type PointStatus = z.infer<typeof pointStatusSchema>;

/** Status of an EgressDelegation. */
export const delegationStatusSchema = z.strictObject(common).describe('Whether the delegation is valid and applied.');
export type DelegationStatus = z.infer<typeof delegationStatusSchema>;

const seenPolicySchema = z.strictObject({
  labels: z.record(z.string(), z.string()).describe('Its labels.'),
  spec: marked(z.record(z.string(), z.unknown()), { preserveUnknownFields: true }).describe('Its spec.'),
  author: z.string().max(253).optional().describe('Author of the policy, if known.'),
});

/** Status of an EgressApproval. */
export const approvalStatusSchema = z
  .strictObject({
    ...common,
    policy: seenPolicySchema
      .optional()
      .describe(
        'Content of the approved generation, as the controller saw it. It stays in force while later generations wait for an approval. It is used only if its digest is the approved one.',
      ),
    supersededBy: countSchema
      .optional()
      .describe(
        'Generation of the policy that came into force after the approved one. The approval has ended and cannot count again.',
      ),
  })
  .describe('What was approved, and whether the approval counts.');
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;
