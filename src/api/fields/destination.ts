import { z } from 'zod';
import { domainNameSchema, kindNameSchema, networkSchema } from './formats.ts';
import { mapOf, setOf } from './list.ts';
import { marked, ruled, someOf, without, type Rule } from './rule.ts';
import { everyWord } from './selector.ts';

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
        'What is spoken on top: tls (SNI is visible), https (originated at the gateway when tls is Originate), http, tcp (opaque).',
      ),
  }),
  {
    code: 'reversed-port-range',
    cel: '!has(self.endPort) || self.port <= self.endPort',
    holds: ({ port, endPort = port }) => port <= endPort,
    message: 'a range ends at or above its first port: swap port and endPort',
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
  message: 'two forms at once: keep ports, or allPorts: true',
});

export const destinationSchema = ruled(
  z.strictObject({
    externalService: kindNameSchema
      .optional()
      .describe('Name of an ExternalService; excludes `domainNames` and `networks`.'),
    domainNames: domainNames(10)
      .optional()
      .describe(
        'Exact names, or `*.suffix` for one or more whole labels below the suffix, the suffix itself excluded.',
      ),
    networks: networks(50).optional().describe('CIDRs with host bits zero.'),
    ports: portsSchema
      .optional()
      .describe(
        'Which ports. With externalService: fewer than the service has; absent: all that it has. Otherwise required, or `allPorts`, except in a Deny, where absent means every port.',
      ),
    allPorts: everyWord('True: every protocol and port. Instead of `ports`, not with `externalService`.'),
  }),
  {
    code: 'two-destination-forms',
    cel: '!has(self.externalService) || !(has(self.domainNames) || has(self.networks))',
    holds: ({ externalService, domainNames: names, networks: cidrs }) =>
      externalService === undefined || (names === undefined && cidrs === undefined),
    message:
      'two forms at once: keep externalService, or write domainNames and networks inline, in an entry of their own',
  },
  someOf(['externalService', 'domainNames', 'networks'], {
    code: 'no-destination',
    message: 'say where to: name an externalService, or write domainNames, networks or both',
  }),
  without('allPorts', ['externalService'], {
    code: 'all-ports-of-a-service',
    message: 'an externalService says which ports it has: leave out allPorts',
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
      'a name cannot be denied: not all its addresses are ever known, so the Deny would have holes; deny networks, or accept only what is needed',
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
    message: 'an entry with domainNames or networks says which ports: write ports, or allPorts: true for every one',
    field: 'to',
    reason: 'FieldValueRequired',
  },
];
