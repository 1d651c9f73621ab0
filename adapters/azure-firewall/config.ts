import { z } from 'zod';
import { requestTimeoutMs } from '../../kit/common/config-options.ts';

const uuid = (what: string): z.ZodString =>
  z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, `must be the id of ${what}, a UUID`);
const resourceGroup = z
  .string()
  .regex(/^[\p{L}\p{N}_.()-]{0,89}[\p{L}\p{N}_()-]$/u, 'must be the name of a resource group');
const origin = (what: string, usual: string): z.ZodDefault<z.ZodString> =>
  z
    .string()
    .regex(/^https:\/\/[^\s/?#@]+\/?$/i, 'must be https://host or https://host:port, without a path or credentials')
    .default(usual)
    .describe(`Where ${what} answers; another one in a sovereign cloud.`);

/** `spec.config` of an enforcement point of kind `azure-firewall`. */
export const azureConfigSchema = z
  .strictObject({
    subscriptionId: uuid('a subscription').describe('The subscription of the firewall policy.'),
    resourceGroup: resourceGroup.describe('The resource group of the firewall policy.'),
    policy: z
      .string()
      .regex(/^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,78}[a-zA-Z0-9_])?$/, 'must be the name of a firewall policy')
      .describe(
        "Name of the firewall policy. The firewalls that use it, or a child policy of it, get Postern's rules.",
      ),
    ipGroupsResourceGroup: resourceGroup
      .optional()
      .describe("Resource group of Postern's IP groups. Absent: the one of the policy."),
    priority: z
      .int()
      .min(100)
      .max(65_000)
      .default(1_000)
      .describe(
        "Priority of Postern's rule collection group in the policy. Your groups with a lower priority decide before it, those with a higher priority after it; network rules of any group decide before all application rules.",
      ),
    credentials: z
      .enum(['ClientSecret', 'WorkloadIdentity', 'ManagedIdentity'])
      .default('ClientSecret')
      .describe(
        'Who Postern is to Azure: an application with the clientSecret of the secret; one that trusts the token of the ServiceAccount of the worker; or the identity of the machine that it runs on.',
      ),
    tenantId: uuid('a tenant').optional().describe('The tenant of the application; needed but for ManagedIdentity.'),
    clientId: uuid('an application')
      .optional()
      .describe('The application (client) id; with ManagedIdentity only where the machine has several identities.'),
    sources: z
      .enum(['ip-groups', 'kube-selector-groups'])
      .default('ip-groups')
      .describe(
        'Sources of the rules: IP groups, whose addresses Postern writes, or kube selector groups, with which Azure follows the pods of one cluster by their labels (Azure Firewall for Containers). Kube selector groups need vantage type Labels.',
      ),
    selectorsCombine: z
      .boolean()
      .default(false)
      .describe(
        'Must a pod match all labels and the namespace of a kube selector group? Azure does not document it. Set it to true after a test. While it is false, rules whose subject has labels are left out, and their status says so.',
      ),
    acceptPodAddresses: z
      .boolean()
      .default(false)
      .describe(
        'Work with vantage Pod although every change takes the firewall minutes: a pod that starts waits that long, and the address of one that has ended stays allowed as long.',
      ),
    maxIpGroups: z
      .int()
      .min(1)
      .max(10_000)
      .default(600)
      .describe('IP groups that rules of a policy may name, where Azure has changed the limit.'),
    url: origin('Azure Resource Manager', 'https://management.azure.com'),
    loginUrl: origin('Microsoft Entra', 'https://login.microsoftonline.com'),
    requestTimeoutMs: requestTimeoutMs(60_000),
  })
  .superRefine(({ credentials, ...ids }, context) => {
    if (credentials === 'ManagedIdentity') return;
    for (const path of ['tenantId', 'clientId'] as const)
      if (ids[path] === undefined)
        context.addIssue({ code: 'custom', path: [path], message: `must be set where credentials is ${credentials}` });
  });
export type AzureConfig = z.infer<typeof azureConfigSchema>;
