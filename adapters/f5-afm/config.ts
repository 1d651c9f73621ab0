import { z } from 'zod';
import { deviceUrl, inspectionProfiles, requestTimeoutMs } from '../../kit/common/config-options.ts';

const fullPath = z
  .string()
  .regex(/^(\/[A-Za-z0-9][A-Za-z0-9_.-]*){2,3}$/, 'must be a full path such as /Common/name')
  .max(255);

const ruleName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'must be the name of one rule');

const inspectionSchema = z.strictObject({
  irule: fullPath.optional().describe('iRule that a matching connection triggers; also the way to limit its rate.'),
  iruleSampleRate: z.int().min(1).max(65_535).optional().describe('Trigger the iRule for every n-th match.'),
  protocolInspectionProfile: fullPath.optional().describe('Protocol inspection profile (AFM 13.1 and later).'),
  servicePolicy: fullPath.optional().describe('Service policy: timers and port misuse.'),
  log: z.boolean().default(false).describe("Log matches to the context's log profile, whether the policy asks or not."),
});
export type Inspection = z.infer<typeof inspectionSchema>;

const contextSchema = z.union([
  z.literal('global'),
  z.strictObject({ routeDomain: fullPath }),
  z.strictObject({ virtualServers: z.array(fullPath).min(1).max(16) }),
]);

/** To the BIG-IP `place-after first` is a place, whatever rules are called. */
const anchorName = ruleName.refine((name) => name !== 'first' && name !== 'last', {
  error: 'the BIG-IP takes this word for a place, not for a rule; write anchor: first or last, or rename the rule',
});

const anchorSchema = z.union([
  z.enum(['first', 'last']),
  z.strictObject({ after: anchorName }),
  z.strictObject({ before: anchorName }),
]);

/** `spec.config` of an enforcement point of kind `f5-afm`. */
export const f5AfmConfigSchema = z.strictObject({
  url: deviceUrl('bigip.example.com'),
  partition: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be the name of one partition')
    .default('postern')
    .describe(
      "Partition of Postern's objects. Postern creates it with the first change if it does not exist. AS3 must not manage it. Common: beside the objects of others.",
    ),
  context: contextSchema
    .default('global')
    .describe(
      "Where Postern's policy is enforced: global, {routeDomain: /Common/rd10} or {virtualServers: [/Common/outbound, /Common/outbound6]}, all through which the cluster leaves. If a context enforces a policy of others, Postern does not change it; use policy instead.",
    ),
  policy: fullPath
    .optional()
    .describe(
      'A firewall policy of yours in which Postern writes one rule, which refers to its rule list. You decide where the policy is enforced, and context is not used. For contexts that have a policy already, and for several clusters in one context.',
    ),
  anchor: anchorSchema
    .default('first')
    .describe("Position of Postern's rule in policy: first, last, {after: rule} or {before: rule} of yours."),
  routeDomain: z
    .int()
    .min(0)
    .max(65_534)
    .default(0)
    .describe(
      'Id of the route domain in which the cluster and its destinations are; other than 0, addresses are written as 10.0.0.1%10. With context {routeDomain}, the device tells.',
    ),
  dnsResolver: fullPath
    .optional()
    .describe(
      'DNS resolver that the global FQDN policy of the device must name; with another one, domain names are not used. Absent: any.',
    ),
  profiles: inspectionProfiles(
    inspectionSchema,
    'What the profiles that policies name are here. An accepting rule with a profile that is missing here is left out.',
  ),
  denyWith: z
    .enum(['drop', 'reject'])
    .default('drop')
    .describe('How denied connections end: dropped in silence, or rejected at once.'),
  loginProvider: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .default('tmos')
    .describe('Login provider of the user: tmos for local users and for those of the configured remote directory.'),
  saveAfterSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(30)
    .describe('Seconds without a write after which the running configuration is saved.'),
  saveWithinSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('Seconds after the first unsaved change by which it is saved at the latest.'),
  syncToGroup: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
    .optional()
    .describe(
      'Device group to which the configuration is synchronised with every save; absent: the group does it by itself, or you do.',
    ),
  requestTimeoutMs: requestTimeoutMs(65_000),
});
export type F5AfmConfig = z.infer<typeof f5AfmConfigSchema>;
