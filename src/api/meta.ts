import { z } from 'zod';

/* Shapes that several kinds share. Names and meanings follow the Kubernetes API conventions. */

export const groupName = 'postern.dev';
export const version = 'v1alpha1';
export const apiVersion = `${groupName}/${version}`;

export const labelsSchema = z.record(z.string(), z.string());

export const objectMetaSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().default(''),
  generation: z.int().default(0),
  labels: labelsSchema.default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
});
export type ObjectMeta = z.infer<typeof objectMetaSchema>;

export const labelSelectorSchema = z
  .strictObject({
    matchLabels: labelsSchema.optional().describe('Labels that must all be there with these values.'),
    matchExpressions: z
      .array(
        z.strictObject({
          key: z.string().min(1).describe('Label key.'),
          operator: z
            .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
            .describe('How the label is compared with the values.'),
          values: z
            .array(z.string())
            .optional()
            .describe('Required for In and NotIn, forbidden for Exists and DoesNotExist.'),
        }),
      )
      .optional()
      .describe('Requirements that must all hold.'),
  })
  .describe('A label selector; an empty one selects everything.');
export type LabelSelector = z.infer<typeof labelSelectorSchema>;

export const portSchema = z.strictObject({
  port: z.int().min(1).max(65535).describe('Port, or first port of a range.'),
  endPort: z.int().min(1).max(65535).optional().describe('Last port of a range, not below `port`.'),
  protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Transport protocol.'),
  appProtocol: z
    .enum(['tls', 'https', 'http', 'tcp'])
    .optional()
    .describe(
      'What is spoken on top: tls (SNI is visible), https (originated at the gateway when tls is Originate), http, tcp (opaque).',
    ),
});
export type Port = z.infer<typeof portSchema>;

export const governanceSchema = z.strictObject({
  owner: z.string().max(253).optional().describe('Who answers for this access: a team or a person.'),
  justification: z.string().max(1024).optional().describe('Business need, in words an auditor understands.'),
  ticket: z.string().max(253).optional().describe('Change or approval record.'),
  expiresAt: z.string().optional().describe('RFC 3339 time from which this contributes nothing.'),
  reviewBy: z.string().optional().describe('Date or RFC 3339 time by which somebody must look at this again.'),
  log: z.boolean().optional().describe('Have enforcement points log matching flows.'),
});
export type Governance = z.infer<typeof governanceSchema>;

export const domainNamesSchema = z.array(z.string());
export const networksSchema = z.array(z.string());

export const destinationSchema = z.strictObject({
  externalService: z.string().optional().describe('Name of an ExternalService; excludes the inline fields.'),
  domainNames: domainNamesSchema.optional().describe('Exact names, or *.suffix for whole labels below suffix.'),
  networks: networksSchema.optional().describe('CIDRs with host bits zero.'),
  ports: z
    .array(portSchema)
    .optional()
    .describe('Absent: every protocol and port (with externalService: the ports of the service).'),
});
export type DestinationRef = z.infer<typeof destinationSchema>;

export const conditionSchema = z.strictObject({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.int().optional(),
});
export type Condition = z.infer<typeof conditionSchema>;
