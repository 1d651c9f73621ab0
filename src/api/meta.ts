import { z } from 'zod';
import {
  dateSchema,
  domainNameSchema,
  freeText,
  labelKeyPattern,
  labelKeySyntax,
  labelValuePattern,
  labelValueSyntax,
  networkSchema,
  kindNameSchema,
  timeSchema,
} from './formats.ts';
import { mapOf, setOf } from './list.ts';
import { celText, marked, matching, ruled, type Rule } from './rule.ts';

/* Shapes that several kinds share. Names and meanings follow the Kubernetes API conventions. */

export const groupName = 'postern.dev';
export const version = 'v1alpha1';
export const apiVersion = `${groupName}/${version}`;

const labelsSchema = z.record(z.string(), z.string());

/** `metadata` as far as anything here reads it; the API server checks it, so what else is in it stays as it is. */
export const objectMetaSchema = z.looseObject({
  name: kindNameSchema,
  namespace: z.string().optional(),
  uid: z.string().default(''),
  generation: z.int().default(0),
  labels: labelsSchema.default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  /** Who changed it last, by the API server's record (`managedFields`); put there by whoever reads that. */
  changedBy: z.object({ manager: z.string(), at: z.string() }).optional(),
});
export type ObjectMeta = z.infer<typeof objectMetaSchema>;

const labelKey = new RegExp(labelKeyPattern);
const labelValue = new RegExp(labelValuePattern);

const matchLabelsSchema = ruled(
  marked(z.record(z.string(), z.string().max(63)), { maxProperties: 32 }),
  {
    code: 'bad-label',
    cel: `self.all(key, key.matches(${celText(labelKeyPattern)}))`,
    holds: (labels) => Object.keys(labels).every((key) => labelKey.test(key)),
    message: labelKeySyntax,
  },
  {
    code: 'bad-label',
    cel: `self.all(key, self[key].matches(${celText(labelValuePattern)}))`,
    holds: (labels) => Object.values(labels).every((value) => labelValue.test(value)),
    message: labelValueSyntax,
  },
);

const labelRequirementSchema = ruled(
  z.strictObject({
    key: ruled(z.string().max(317), matching(labelKeyPattern, 'bad-label', labelKeySyntax)).describe('Label key.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe('How the label is compared: with the values, or only for being there.'),
    values: setOf(
      z.array(ruled(z.string().max(63), matching(labelValuePattern, 'bad-label', labelValueSyntax))).max(64),
    )
      .optional()
      .describe('Required for In and NotIn, forbidden for Exists and DoesNotExist.'),
  }),
  {
    code: 'values-required',
    cel: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
    holds: ({ operator, values = [] }) => !['In', 'NotIn'].includes(operator) || values.length > 0,
    message: 'In and NotIn compare with values: give at least one',
    field: 'values',
    reason: 'FieldValueRequired',
  },
  {
    code: 'values-forbidden',
    cel: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
    holds: ({ operator, values = [] }) => !['Exists', 'DoesNotExist'].includes(operator) || values.length === 0,
    message: 'Exists and DoesNotExist look at the key alone: leave out values, or compare with In or NotIn',
    field: 'values',
    reason: 'FieldValueForbidden',
  },
);

export const labelSelectorSchema = z
  .strictObject({
    matchLabels: matchLabelsSchema.optional().describe('Labels that must all be there with these values.'),
    matchExpressions: z.array(labelRequirementSchema).max(32).optional().describe('Requirements that must all hold.'),
  })
  .describe('A label selector; an empty one selects everything.');
export type LabelSelector = z.infer<typeof labelSelectorSchema>;

const portNumberSchema = z.int().min(1).max(65535);

export const portSchema = ruled(
  z.strictObject({
    port: portNumberSchema.describe('Port, or first port of a range.'),
    endPort: portNumberSchema.optional().describe('Last port of a range, not below `port`.'),
    protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Transport protocol.'),
    appProtocol: z
      .enum(['tls', 'https', 'http', 'tcp'])
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

/** Refuses `[]` on purpose: absent means every port, and a list that a template left empty must never come to mean the same. */
export const portsSchema = mapOf(z.array(portSchema).min(1).max(64), 'port', 'protocol');

export const governanceSchema = z.strictObject({
  owner: freeText(253).optional().describe('Who answers for this access: a team or a person.'),
  justification: freeText(1024).optional().describe('Business need, in words an auditor understands.'),
  ticket: freeText(253).optional().describe('Change or approval record.'),
  expiresAt: timeSchema.optional().describe('RFC 3339 time from which this contributes nothing.'),
  reviewBy: dateSchema.optional().describe('Date or RFC 3339 time by which somebody must look at this again.'),
  log: z.boolean().optional().describe('Have enforcement points log matching flows.'),
});
export type Governance = z.infer<typeof governanceSchema>;

export function domainNames(max: number): z.ZodArray<typeof domainNameSchema> {
  return setOf(z.array(domainNameSchema).min(1).max(max));
}

export function networks(max: number): z.ZodArray<typeof networkSchema> {
  return setOf(z.array(networkSchema).min(1).max(max));
}

type Inline = Readonly<Record<'externalService' | 'domainNames' | 'networks', unknown>>;
const hasInline = 'has(self.domainNames) || has(self.networks)';
const isInline = ({ domainNames: names, networks: cidrs }: Partial<Inline>) =>
  names !== undefined || cidrs !== undefined;

const oneForm: readonly Rule<Partial<Inline>>[] = [
  {
    code: 'two-destination-forms',
    cel: `!has(self.externalService) || !(${hasInline})`,
    holds: (to) => to.externalService === undefined || !isInline(to),
    message:
      'two forms at once: keep externalService, or write domainNames and networks inline, in an entry of their own',
  },
  {
    code: 'no-destination',
    cel: `has(self.externalService) || ${hasInline}`,
    holds: (to) => to.externalService !== undefined || isInline(to),
    message: 'say where to: name an externalService, or write domainNames, networks or both',
  },
];

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
      .describe('Absent: every protocol and port (with externalService: the ports of the service).'),
  }),
  ...oneForm,
);
export type DestinationRef = z.infer<typeof destinationSchema>;

/** Where a rule leads to. Refuses `[]`: empty is nothing, and nothing needs no policy. */
export function destinations(max: number): z.ZodArray<typeof destinationSchema> {
  return z.array(destinationSchema).min(1).max(max);
}

/** As `metav1.Condition`; lists of them are keyed by type. */
export const conditionSchema = z.strictObject({
  type: z.string().max(316).describe('What is judged: Accepted, ResolvedRefs, Programmed.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('The judgement.'),
  reason: z.string().max(1024).describe('Why, as one word for machines.'),
  message: z.string().max(32768).describe('Why, as a sentence for people, and what to do next.'),
  lastTransitionTime: marked(z.string(), { format: 'date-time' }).describe('When the status last changed.'),
  observedGeneration: z.int().min(0).optional().describe('The generation of the object that was judged.'),
});
export type Condition = z.infer<typeof conditionSchema>;
