import { z } from 'zod';
import { mapOf } from './fields/list.ts';
import { conditionSchema } from './meta.ts';
import { marked } from './fields/rule.ts';

/* What Postern writes into `status`. Reading code trusts none of it: truth is the spec and what the device says. */

const timeSchema = marked(z.string(), { format: 'date-time' });
const countSchema = z.int().min(0);

const conditionsSchema = mapOf(z.array(conditionSchema).max(16), 'type');

const common = {
  observedGeneration: countSchema.optional().describe('The generation of the object that this status is about.'),
  ready: z
    .enum(['True', 'False', 'Unknown'])
    .optional()
    .describe('All conditions in one word: True when everything the object asks for is in force.'),
  conditions: conditionsSchema.optional().describe('Conditions, each with its reason and what to do next.'),
};

const lossSchema = z.strictObject({
  effect: z
    .enum(['rejected', 'narrowed', 'split', 'elsewhere', 'approximate'])
    .describe('What stands there instead of what was asked for; never anything wider.'),
  id: z.string().max(253).describe('The rule or group concerned.'),
  code: z.string().max(63).describe('Stable identifier.'),
  message: z.string().max(1024).describe('What the point cannot express, and what to do.'),
});

const placeSchema = z.string().max(1024);

const measures = {
  rules: countSchema.optional().describe('Rules wanted there.'),
  addresses: countSchema.optional().describe('Source addresses in force there.'),
  losses: z.array(lossSchema).max(64).optional().describe('What the point cannot express; the first ones of many.'),
  lastSyncTime: timeSchema.optional().describe('When the point was last read back and agreed.'),
  liveSince: timeSchema.optional().describe('Since when its data plane enforces this.'),
  proxies: z
    .string()
    .max(31)
    .optional()
    .describe(
      'Pods whose proxies have what was written, of those that should, `41/42`; absent where nobody can tell. The condition Live names those that have not.',
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
    .describe('Enforcement points where it is in force, of those that it concerns: `3/3`.'),
  enforcementPoints: mapOf(z.array(pointShareSchema).max(256), 'name').optional().describe('The same, one by one.'),
};

/** Status of an EgressPolicy and of a ClusterEgressPolicy. */
export const policyStatusSchema = z.strictObject({ ...common, ...spread }).describe('Where the policy is in force.');
export type PolicyStatus = z.infer<typeof policyStatusSchema>;

/** Status of an ExternalService. */
export const serviceStatusSchema = z
  .strictObject({ ...common, policies: countSchema.optional().describe('Policies that refer to it.'), ...spread })
  .describe('Whether the service is usable, and where it is in force.');

/** Status of an EnforcementPoint. */
export const pointStatusSchema = z
  .strictObject({
    ...common,
    ...measures,
    writesTo: placeSchema.optional().describe('Where it wrote to last: which part of which device, for which cluster.'),
    vantage: z
      .string()
      .max(253)
      .optional()
      .describe('The vantage under which its groups were read back as desired last: what their addresses are of.'),
    leftBehind: z
      .array(placeSchema)
      .max(16)
      .optional()
      .describe('Where it wrote to before: what it granted there may still be in force.'),
    acknowledged: z
      .string()
      .max(1_023)
      .optional()
      .describe('What `postern.dev/left-behind` said when it was followed last: it says nothing of places left later.'),
    inForce: z
      .string()
      .max(31)
      .optional()
      .describe('Rules on the device when it was read last, of those that are wanted: `4/7`.'),
    deviceVersion: z.string().max(63).optional().describe('As the device told it when it was asked last.'),
  })
  .describe('How the point is doing, and what is in force there.');
export type PointStatus = z.infer<typeof pointStatusSchema>;

/** Status of an EgressDelegation. */
export const delegationStatusSchema = z.strictObject(common).describe('Whether what it says can be used.');
export type DelegationStatus = z.infer<typeof delegationStatusSchema>;

const seenPolicySchema = z.strictObject({
  labels: z.record(z.string(), z.string()).describe('Its labels.'),
  spec: marked(z.record(z.string(), z.unknown()), { preserveUnknownFields: true }).describe('Its spec.'),
  author: z.string().max(253).optional().describe('Who wrote it, where that was known.'),
});

/** Status of an EgressApproval. */
export const approvalStatusSchema = z
  .strictObject({
    ...common,
    policy: seenPolicySchema
      .optional()
      .describe(
        'The generation that was approved, as it was when the controller saw it: it stays in force while later ones wait. Counts only where its digest is the one that was approved.',
      ),
    supersededBy: countSchema
      .optional()
      .describe('The generation that was in force after the one that was approved: the approval is over for good.'),
  })
  .describe('What was approved, and whether it counts.');
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;
