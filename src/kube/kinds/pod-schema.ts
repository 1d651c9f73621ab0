import { z } from 'zod';
import { canonicalAddress } from '../../net/address.ts';
import { labelsSchema, metadataSchema, podSpecSchema } from './core-kinds.ts';

const addressSchema = z
  .string()
  .refine((text) => canonicalAddress(text) !== undefined, 'must be an IPv4 or IPv6 address');

export const podSchema = z.object({
  metadata: metadataSchema.extend({ annotations: labelsSchema }),
  spec: podSpecSchema.extend({
    /** Read only for the arguments of the one that sends connections to a sidecar. */
    initContainers: z.unknown().optional(),
  }),
  status: z
    .object({
      // The API server takes any word: with an unknown one, it is not known whether the pod has ended.
      phase: z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']).nullish().catch('Unknown'),
      reason: z.string().nullish(),
      startTime: z.string().nullish(),
      podIP: addressSchema.or(z.literal('')).nullish(),
      podIPs: z.array(z.object({ ip: addressSchema })).nullish(),
      /** Every pod has some; they are read only of pods with our readiness gate. */
      conditions: z.unknown().optional(),
    })
    .nullish(),
});

export type PodObject = z.output<typeof podSchema>;
