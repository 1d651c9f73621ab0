import { z } from 'zod';
import { requestTimeoutMs } from '../../kit/common/config-options.ts';

const endpoint = (service: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .regex(/^https:\/\/[^\s/?#@]+\/?$/i, 'must be https://host or https://host:port, without a path or credentials')
    .optional()
    .describe(
      `Where ${service} answers, if not at its endpoint of the region: an interface endpoint of your VPC, a FIPS endpoint.`,
    );

const awsOptionsSchema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2,8}(-[a-z]+)+-\d+$/, 'must be a region: eu-west-1')
    .describe('The region of the firewall: eu-west-1.'),
  firewall: z
    .string()
    .regex(
      /^(arn:aws[^:\s]*:network-firewall:[^\s]*:firewall\/)?[a-zA-Z0-9-]{1,128}$/,
      'must be the name or the ARN of a firewall',
    )
    .describe('Name or ARN of the firewall. Its policy must evaluate rule groups in strict order.'),
  sources: z
    .enum(['prefix-list', 'inline', 'container-association'])
    .default('prefix-list')
    .describe(
      'Where the addresses of workloads stand: in managed prefix lists that rules refer to, which change without any rule being written; or inline in the rule groups as variables, which needs no permission in EC2 and takes as many groups as there is room for rules, and suits sources that seldom change; or in container associations, with which AWS itself follows the pods of one EKS cluster by namespace and labels: this needs vantage Labels.',
    ),
  containers: z
    .strictObject({
      cluster: z
        .string()
        .regex(/^arn:aws[^:\s]*:eks:[^\s]+:cluster\/[^\s]+$/, 'must be the ARN of an EKS cluster')
        .max(256)
        .describe('ARN of the EKS cluster in which Postern runs, in the same account and region as the firewall.'),
      namespaceKey: z
        .string()
        .regex(/^\S{1,256}$/)
        .default('namespace')
        .describe('What AWS calls the namespace of a pod in the filters of an association.'),
      filtersCombine: z
        .boolean()
        .default(false)
        .describe(
          'Must a pod match all filters of an association? AWS does not document it. Set it to true after a test (an association with the namespace and a label, and its ResolvedCidrCount). While it is false, rules whose subject has labels are left out, and their status says so.',
        ),
    })
    .optional()
    .describe('For container associations, and only there.'),
  addressFamilies: z
    .array(z.enum(['IPv4', 'IPv6']))
    .min(1)
    .default(['IPv4', 'IPv6'])
    .describe(
      'Address families that workloads have. Each group takes a prefix list for each family, and a rule group refers to 5 prefix lists at most: where there are no IPv6 addresses, [IPv4] makes room for twice as many groups.',
    ),
  firstPriority: z
    .int()
    .min(1)
    .max(60_000)
    .default(1_000)
    .describe(
      "Lowest priority of Postern's rule groups in the policy. Your rule groups with a lower priority decide before them, those with a higher priority after them.",
    ),
  quotas: z
    .strictObject({
      prefixLists: z.int().min(1).default(100).describe('Managed prefix lists in the region.'),
      containerAssociations: z.int().min(1).default(100).describe('Container associations in the region.'),
      ruleGroups: z.int().min(1).default(20).describe('Stateful rule groups in a policy.'),
      rules: z
        .int()
        .min(1)
        .default(30_000)
        .describe('Lines of stateful rules in a policy, for which its rule groups reserve capacity.'),
    })
    .default({ prefixLists: 100, containerAssociations: 100, ruleGroups: 20, rules: 30_000 })
    .describe(
      'Quotas of the account, where AWS has raised them. Postern finds out how much of them others use. It leaves out groups that do not fit before it sends anything, and the status of their rules says so.',
    ),
  flushWithdrawn: z
    .boolean()
    .default(false)
    .describe(
      'End the connections that an address has open when it is withdrawn, by a flow flush at every endpoint; the change is pending until that has ended. Needs StreamExceptionPolicy DROP or REJECT, and network-firewall:StartFlowFlush, DescribeFlowOperation and ListVpcEndpointAssociations.',
    ),
  alertLog: z
    .strictObject({
      group: z
        .string()
        .regex(/^[a-zA-Z0-9_\-/.#]{1,512}$/, 'must be the name of a log group')
        .describe('Log group in CloudWatch Logs to which the firewall sends its ALERT log.'),
      hours: z.int().min(1).max(720).default(24).describe('How far back is counted. AWS charges by what is searched.'),
    })
    .optional()
    .describe(
      'Log in which Postern counts hits of rules for reports. Accepting rules are counted if their policy has `log: true`. Needs logs:StartQuery and logs:GetQueryResults. Absent: reports have no hits.',
    ),
  networkFirewallUrl: endpoint('Network Firewall'),
  logsUrl: endpoint('CloudWatch Logs'),
  ec2Url: endpoint('EC2, which keeps the prefix lists,'),
  requestTimeoutMs: requestTimeoutMs(30_000),
});
/** `spec.config` of an enforcement point of kind `aws-network-firewall`. */
export const awsConfigSchema = awsOptionsSchema.refine(
  ({ sources, containers }) => (sources === 'container-association') === (containers !== undefined),
  { path: ['containers'], error: 'belongs to sources: container-association, and that needs it' },
);
export type AwsConfig = z.infer<typeof awsConfigSchema>;
