import { z } from 'zod';
import { domainNames, networks, onePortForm, portsSchema } from './fields/destination.ts';
import { apiVersion, governanceSchema, objectMetaSchema } from './meta.ts';
import { marked, ruled, someOf, without } from './fields/rule.ts';
import { allFlag, labelSelector } from './fields/selector.ts';

const externalServiceSpecSchema = ruled(
  z.strictObject({
    domainNames: domainNames(1024)
      .optional()
      .describe(
        'Domain names of the service. `*.example.com` matches names with one or more additional labels, such as a.example.com and a.b.example.com, but not example.com.',
      ),
    networks: networks(8192).optional().describe('Networks of the service, as CIDRs whose host bits are zero.'),
    ports: portsSchema.optional().describe('Ports that the service listens on.'),
    allPorts: allFlag('`true` stands for every protocol and port. Use it instead of `ports`.'),
    tls: marked(z.enum(['Passthrough', 'Originate']), { nullable: true })
      .default('Passthrough')
      .describe(
        'Which side starts TLS. Passthrough: the workload. Originate: the egress gateway, on behalf of the workload.',
      ),
    allowedNamespaces: labelSelector('`allNamespaces: true` instead of allowedNamespaces')
      .optional()
      .describe('Selects the namespaces whose policies may refer to this service.'),
    allNamespaces: allFlag(
      '`true` lets policies of every namespace refer to this service. Use it instead of `allowedNamespaces`.',
    ),
    governance: governanceSchema.optional().describe('Owner, justification, ticket, expiry and review date.'),
  }),
  someOf(['domainNames', 'networks'], {
    code: 'no-destination',
    message: 'set the destination: domainNames, networks or both',
  }),
  someOf(['ports', 'allPorts'], {
    code: 'ports-required',
    message: 'set the ports: ports, or allPorts: true for every port',
    field: 'ports',
    reason: 'FieldValueRequired',
  }),
  onePortForm,
  someOf(['allowedNamespaces', 'allNamespaces'], {
    code: 'no-namespaces',
    message: 'set which namespaces may refer to it: allowedNamespaces, or allNamespaces: true for every namespace',
    field: 'allowedNamespaces',
    reason: 'FieldValueRequired',
  }),
  without('allNamespaces', ['allowedNamespaces'], {
    code: 'two-namespace-forms',
    message: 'allNamespaces: true replaces allowedNamespaces: keep only one of them',
  }),
);

export const externalServiceSchema = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('ExternalService'),
  metadata: objectMetaSchema,
  spec: externalServiceSpecSchema.describe(
    'A named destination outside the cluster. Policies refer to the name; the owner maintains the addresses in one place.',
  ),
});
export type ExternalService = z.infer<typeof externalServiceSchema>;
