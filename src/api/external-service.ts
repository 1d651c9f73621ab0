import { z } from 'zod';
import { domainNames, networks, onePortForm, portsSchema } from './fields/destination.ts';
import { apiVersion, governanceSchema, objectMetaSchema } from './meta.ts';
import { marked, ruled, someOf, without } from './fields/rule.ts';
import { everyWord, labelSelector } from './fields/selector.ts';

const externalServiceSpecSchema = ruled(
  z.strictObject({
    domainNames: domainNames(1024)
      .optional()
      .describe(
        'Names under which the service is reached: exact, or `*.suffix` for one or more whole labels below the suffix, the suffix itself excluded.',
      ),
    networks: networks(8192).optional().describe('CIDRs under which the service is reached, host bits zero.'),
    ports: portsSchema.optional().describe('Ports it listens on.'),
    allPorts: everyWord('True: every protocol and port. Instead of `ports`.'),
    tls: marked(z.enum(['Passthrough', 'Originate']), { nullable: true })
      .default('Passthrough')
      .describe('Who speaks TLS: the workload, or the egress gateway on its behalf.'),
    allowedNamespaces: labelSelector('`allNamespaces: true` instead of allowedNamespaces')
      .optional()
      .describe('Namespaces whose policies may refer to it.'),
    allNamespaces: everyWord('True: policies of every namespace may refer to it. Instead of `allowedNamespaces`.'),
    governance: governanceSchema.optional().describe('Who answers for it, why, and until when.'),
  }),
  someOf(['domainNames', 'networks'], {
    code: 'no-destination',
    message: 'say where the service is: write domainNames, networks or both',
  }),
  someOf(['ports', 'allPorts'], {
    code: 'ports-required',
    message: 'say on which ports: write ports, or allPorts: true for every one',
    field: 'ports',
    reason: 'FieldValueRequired',
  }),
  onePortForm,
  someOf(['allowedNamespaces', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'say who may refer to it: write allowedNamespaces, or allNamespaces: true for every namespace',
    field: 'allowedNamespaces',
    reason: 'FieldValueRequired',
  }),
  without('allNamespaces', ['allowedNamespaces'], {
    code: 'two-namespace-forms',
    message: 'two forms at once: keep allowedNamespaces, or allNamespaces: true',
  }),
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
