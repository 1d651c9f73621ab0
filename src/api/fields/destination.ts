import { z } from 'zod';
import { domainNameSchema, kindNameSchema, networkSchema } from './formats.ts';
import { mapOf, setOf } from './list.ts';
import { marked, ruled, someOf, without, type Rule } from './rule.ts';
import { allFlag } from './selector.ts';

/* Where a rule leads to: names, networks and ports. */

const portNumberSchema = z.int().min(1).max(65535);

export const portSchema = ruled(
  z.strictObject({
    port: portNumberSchema.describe('Port, or first port of a range.'),
    endPort: portNumberSchema.optional().describe('Last port of a range, not below `port`.'),
    protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Transport protocol.'),
    appProtocol: marked(z.enum(['tls', 'https', 'http', 'tcp']), { nullable: true })
      .optional()
      .describe(
        'Application protocol: tls (the SNI is visible), https (the gateway starts TLS if the service has `tls: Originate`), http, or tcp (opaque).',
      ),
  }),
  {
    code: 'reversed-port-range',
    cel: '!has(self.endPort) || self.port <= self.endPort',
    holds: ({ port, endPort = port }) => port <= endPort,
    message: 'endPort is below port: swap the two',
    field: 'endPort',
  },
);
export type Port = z.infer<typeof portSchema>;

export const portsSchema = mapOf(z.array(portSchema).min(1).max(64), 'port', 'protocol');

export function domainNames(max: number): z.ZodArray<typeof domainNameSchema> {
  return setOf(z.array(domainNameSchema).min(1).max(max));
}

export function networks(max: number): z.ZodArray<typeof networkSchema> {
  return setOf(z.array(networkSchema).min(1).max(max));
}

/** Ports are listed or all of them are meant, not both. */
export const onePortForm = without('allPorts', ['ports'], {
  code: 'two-port-forms',
  message: 'allPorts: true replaces ports: keep only one of them',
});

export const destinationSchema = ruled(
  z.strictObject({
    externalService: kindNameSchema
      .optional()
      .describe('Name of an ExternalService. Not together with `domainNames` or `networks`.'),
    domainNames: domainNames(10)
      .optional()
      .describe(
        'Domain names. `*.example.com` matches names with one or more additional labels, such as a.example.com and a.b.example.com, but not example.com.',
      ),
    networks: networks(50).optional().describe('Networks, as CIDRs whose host bits are zero.'),
    ports: portsSchema
      .optional()
      .describe(
        'Destination ports. With externalService, they must be ports of the service; absent: all its ports. With domainNames or networks, `ports` or `allPorts` is required, except in a Deny, where absent means every port.',
      ),
    allPorts: allFlag(
      '`true` stands for every protocol and port. Use it instead of `ports`; not allowed with `externalService`.',
    ),
  }),
  {
    code: 'two-destination-forms',
    cel: '!has(self.externalService) || !(has(self.domainNames) || has(self.networks))',
    holds: ({ externalService, domainNames: names, networks: cidrs }) =>
      externalService === undefined || (names === undefined && cidrs === undefined),
    message:
      'an entry has either externalService or domainNames and networks: keep one form, and move the other to an entry of its own',
  },
  someOf(['externalService', 'domainNames', 'networks'], {
    code: 'no-destination',
    message: 'set a destination: externalService, or domainNames, networks or both',
  }),
  without('allPorts', ['externalService'], {
    code: 'all-ports-of-a-service',
    message: 'the ExternalService defines its ports: remove allPorts',
  }),
  onePortForm,
);
export type DestinationRef = z.infer<typeof destinationSchema>;

/** Where a rule leads to. Refuses `[]`: empty is nothing, and nothing needs no policy. */
export function destinations(max: number): z.ZodArray<typeof destinationSchema> {
  return z.array(destinationSchema).min(1).max(max);
}

interface WithDestinations {
  readonly action: 'Accept' | 'Deny' | 'Pass';
  readonly to: readonly DestinationRef[];
}

/** What a rule of any kind holds to, given what it does. */
export const destinationRules: readonly Rule<WithDestinations>[] = [
  {
    code: 'deny-on-domain-name',
    cel: "self.action != 'Deny' || !self.to.exists(to, has(to.domainNames))",
    holds: ({ action, to }) => action !== 'Deny' || to.every(({ domainNames: names }) => names === undefined),
    message:
      'a domain name cannot be denied, because its addresses are never all known and the Deny would have holes: deny networks, or accept only the destinations that are needed',
    field: 'to',
  },
  {
    code: 'ports-required',
    cel: "self.action == 'Deny' || self.to.all(to, has(to.externalService) || has(to.ports) || has(to.allPorts))",
    holds: ({ action, to }) =>
      action === 'Deny' ||
      to.every(
        ({ externalService, ports, allPorts }) =>
          externalService !== undefined || ports !== undefined || allPorts !== undefined,
      ),
    message: 'an entry with domainNames or networks needs ports: set ports, or allPorts: true for every port',
    field: 'to',
    reason: 'FieldValueRequired',
  },
];
