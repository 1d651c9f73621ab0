import { z } from 'zod';
import {
  apiVersion,
  domainNamesSchema,
  governanceSchema,
  labelSelectorSchema,
  networksSchema,
  objectMetaSchema,
  portSchema,
} from './meta.ts';

export const externalServiceSpecSchema = z.strictObject({
  domainNames: domainNamesSchema.optional().describe('Names under which the service is reached: exact, or *.suffix.'),
  networks: networksSchema.optional().describe('CIDRs under which the service is reached.'),
  ports: z.array(portSchema).optional().describe('Ports it listens on; absent: every protocol and port.'),
  tls: z
    .enum(['Passthrough', 'Originate'])
    .default('Passthrough')
    .describe('Who speaks TLS: the workload, or the egress gateway on its behalf.'),
  allowedNamespaces: labelSelectorSchema.optional().describe('Namespaces that may use it; absent: every namespace.'),
  governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
});

export const externalServiceSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('ExternalService'),
  metadata: objectMetaSchema,
  spec: externalServiceSpecSchema,
});
export type ExternalService = z.infer<typeof externalServiceSchema>;
