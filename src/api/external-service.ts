import { z } from 'zod';
import {
  apiVersion,
  domainNames,
  governanceSchema,
  labelSelectorSchema,
  networks,
  objectMetaSchema,
  portsSchema,
} from './meta.ts';
import { ruled } from './rule.ts';

const externalServiceSpecSchema = ruled(
  z.strictObject({
    domainNames: domainNames(1024)
      .optional()
      .describe(
        'Names under which the service is reached: exact, or `*.suffix` for one or more whole labels below the suffix, the suffix itself excluded.',
      ),
    networks: networks(8192).optional().describe('CIDRs under which the service is reached, host bits zero.'),
    ports: portsSchema.optional().describe('Ports it listens on; absent: every protocol and port.'),
    tls: z
      .enum(['Passthrough', 'Originate'])
      .default('Passthrough')
      .describe('Who speaks TLS: the workload, or the egress gateway on its behalf.'),
    allowedNamespaces: labelSelectorSchema
      .optional()
      .describe('Namespaces whose policies may refer to it; absent: every namespace.'),
    governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
  }),
  {
    code: 'no-destination',
    cel: 'has(self.domainNames) || has(self.networks)',
    holds: (spec) => spec.domainNames !== undefined || spec.networks !== undefined,
    message: 'say where the service is: write domainNames, networks or both',
  },
);

export const externalServiceSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('ExternalService'),
  metadata: objectMetaSchema,
  spec: externalServiceSpecSchema.describe(
    'A destination outside the cluster under a name: policies refer to the name, its owner keeps the addresses right in one place.',
  ),
});
export type ExternalService = z.infer<typeof externalServiceSchema>;
