import { z } from 'zod';
import { dateSchema, freeText, kindNameSchema, timeSchema } from './fields/formats.ts';
import { marked } from './fields/rule.ts';

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
  /** Who last changed it, from `managedFields`; set by the code that reads these. */
  changedBy: z.object({ manager: z.string(), at: z.string() }).optional(),
});
export type ObjectMeta = z.infer<typeof objectMetaSchema>;

export const governanceSchema = z.strictObject({
  owner: freeText(253).optional().describe('Team or person responsible for this access.'),
  justification: freeText(1024).optional().describe('Business reason for this access, for auditors.'),
  ticket: freeText(253).optional().describe('Number of the change or approval ticket.'),
  expiresAt: timeSchema.optional().describe('RFC 3339 time from which the object has no effect.'),
  reviewBy: dateSchema.optional().describe('Date or RFC 3339 time by which a person must review the object.'),
  log: z.boolean().optional().describe('Whether enforcement points log matching flows.'),
});
export type Governance = z.infer<typeof governanceSchema>;

/** On an EnforcementPoint: a new value has its device probed and read at once. */
export const refreshAnnotation = 'postern.dev/refresh';

/** On an EnforcementPoint: places of its `status.leftBehind`, `;` between them, that need no more attention, or `all`. */
export const leftBehindAnnotation = 'postern.dev/left-behind';

/** On an EgressPolicy: who wrote its labels and spec, as the API server knows them. The admission policy refuses every other name. */
export const authorAnnotation = 'postern.dev/author';

/** As `metav1.Condition`; lists of them are keyed by type. */
export const conditionSchema = z.strictObject({
  type: z.string().max(316).describe('Type of the condition: Accepted, ResolvedRefs, Programmed.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Status of the condition.'),
  reason: z.string().max(1024).describe('Reason for the status, as one word for programs.'),
  message: z.string().max(32768).describe('Reason for the status, as a sentence for people, and what to do next.'),
  lastTransitionTime: marked(z.string(), { format: 'date-time' }).describe('When the status last changed.'),
  observedGeneration: z.int().min(0).optional().describe('Generation of the object that the condition describes.'),
});
export type Condition = z.infer<typeof conditionSchema>;
