import { z } from 'zod';
import { inspectionProfiles } from '../../kit/common/config-options.ts';
import { deviceKinds, devices } from './devices.ts';

const consumerSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens, at most 63')
      .describe('Its name, as the server of the feed knows it by its credential.'),
    device: z.enum(deviceKinds).describe('What it is: decides formats, limits, and how often it may come.'),
    intervalSeconds: z
      .int()
      .min(1)
      .max(604_800)
      .describe(
        'Seconds between two of its fetches, as configured on it. Without one for longer, the point is not live.',
      ),
    parts: z
      .int()
      .min(1)
      .max(99)
      .default(1)
      .describe('In how many parts it fetches each list, for lists that are longer than it takes: `NAME.1of4.txt`.'),
    maxEntries: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Addresses that it holds of all lists together, where its model holds another number than the usual one.',
      ),
  })
  .superRefine(({ device, intervalSeconds }, context) => {
    const { minIntervalSeconds } = devices[device];
    if (intervalSeconds >= minIntervalSeconds) return;
    const message = `${device} fetches every ${minIntervalSeconds} seconds at most`;
    context.addIssue({ code: 'custom', path: ['intervalSeconds'], message });
  });
export type ConsumerConfig = z.infer<typeof consumerSchema>;

const folderSchema = z.strictObject({
  folder: z
    .string()
    .regex(/^\//, 'must be an absolute path')
    .describe('A folder on a volume that the worker writes to and the server of the feed reads; one for each point.'),
});

/** `spec.config` of an enforcement point of kind `feed`. */
export const feedConfigSchema = z.strictObject({
  store: folderSchema.describe('Where the feed is kept.'),
  consumers: z
    .array(consumerSchema)
    .max(100)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two consumers have the same name')
    .default([])
    .describe('The devices that must have fetched a change before the point is live; absent: nobody can tell.'),
  profiles: inspectionProfiles(
    z.string().max(63),
    'What the inspection profiles that policies name are called on the consumers: told in the list of rules.',
  ),
});
export type FeedConfig = z.infer<typeof feedConfigSchema>;
