import { z } from 'zod';
import { requestTimeoutMs } from '../../kit/common/config-options.ts';

const origin = (): z.ZodString =>
  z
    .string()
    .regex(/^https:\/\/[^\s/?#@]+\/?$/i, 'must be https://host or https://host:port, without a path or credentials');
const priority = (): z.ZodInt => z.int().min(0).max(2_147_483_643);

/** `spec.config` of an enforcement point of kind `gcp-firewall`. */
export const gcpConfigSchema = z
  .strictObject({
    project: z
      .string()
      .regex(/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be the id of a project')
      .describe('Id of the project of the firewall policy.'),
    policy: z
      .string()
      .regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a network firewall policy')
      .describe("Name of the network firewall policy. Every network that it is associated with gets Postern's rules."),
    region: z
      .string()
      .regex(/^[a-z]+-[a-z]+\d+$/, 'must be the name of a region')
      .optional()
      .describe('Region of a regional policy; absent: the policy is global.'),
    firstPriority: priority()
      .default(100_000)
      .describe(
        "Priorities from here to lastPriority belong to Postern alone. Your rules with a lower priority decide before Postern's, those with a higher priority after them.",
      ),
    lastPriority: priority().default(199_999).describe('The last priority that belongs to Postern.'),
    addressFamilies: z
      .array(z.enum(['IPv4', 'IPv6']))
      .min(1)
      .default(['IPv4', 'IPv6'])
      .describe(
        'Address families that workloads have. Each rule becomes one for each family: where there are no IPv6 addresses, [IPv4] halves what counts against the quota of the policy.',
      ),
    mostInline: z
      .int()
      .min(1)
      .max(5_000)
      .default(1_000)
      .describe(
        'Networks of one family that an accepting rule names itself. Of more than these, it names address groups, which rules with the same destination share.',
      ),
    credentials: z
      .enum(['File', 'MetadataServer'])
      .default('File')
      .describe(
        'Identity of Postern at Google Cloud: the key file of a service account or the configuration of workload identity federation, in the Secret (credentials.json); or the identity from the metadata server, as in GKE with Workload Identity.',
      ),
    url: origin().default('https://compute.googleapis.com').describe('Where the Compute Engine API answers.'),
    networkSecurityUrl: origin()
      .default('https://networksecurity.googleapis.com')
      .describe('Where the Network Security API answers, which has the address groups.'),
    loginUrl: origin()
      .optional()
      .describe(
        'Where tokens are asked for, instead of oauth2, sts and iamcredentials.googleapis.com: a proxy of yours.',
      ),
    requestTimeoutMs: requestTimeoutMs(60_000),
  })
  .refine(({ firstPriority, lastPriority }) => firstPriority < lastPriority, {
    path: ['lastPriority'],
    message: 'must be larger than firstPriority',
  });
export type GcpConfig = z.infer<typeof gcpConfigSchema>;
