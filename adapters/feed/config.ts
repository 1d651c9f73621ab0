import { z } from 'zod';
import { inspectionProfiles } from '../../kit/common/config-options.ts';
import { deviceKinds, devices } from './devices.ts';

const consumerSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens, at most 63')
      .describe('Name of the consumer, by which the feed server knows its credential.'),
    device: z.enum(deviceKinds).describe('Kind of device, which decides formats, limits and how often it may fetch.'),
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

const bucketSchema = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .describe(
      'A bucket of S3, or of a storage that speaks as S3 does and has conditional writes; devices fetch from it by themselves.',
    ),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'must be a region: eu-west-1')
    .describe('The region that requests are signed for: eu-west-1.'),
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9._-]+\/)*$/, 'must be empty, or names that each end with a slash: edge/')
    .default('')
    .describe('Start of the names of all its objects: `edge/`. One for each point.'),
  url: z
    .string()
    .regex(/^https:\/\/[^\s/?#@]+\/?$/i, 'must be https://host or https://host:port, without a path or credentials')
    .optional()
    .describe('Where the storage answers, if it is not S3 itself.'),
});
export type BucketConfig = z.infer<typeof bucketSchema>;

const storeSchema = z.union([folderSchema, bucketSchema], { error: ({ input }) => wrongWith(input) });

/** What is wrong with the form that was meant. */
function wrongWith(input: unknown): string {
  if (input === undefined) return 'Required value: write { folder }, or { bucket, region }';
  const isBucket = typeof input === 'object' && input !== null && 'bucket' in input;
  const [issue] = (isBucket ? bucketSchema : folderSchema).safeParse(input).error?.issues ?? [];
  const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')} `;
  return `${at}${issue?.message ?? 'is neither a folder nor a bucket'}`;
}

/** `spec.config` of an enforcement point of kind `feed`. */
export const feedConfigSchema = z.strictObject({
  store: storeSchema.describe('Where the feed is kept: a folder, or a bucket.'),
  consumers: z
    .array(consumerSchema)
    .max(100)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two consumers have the same name')
    .default([])
    .describe(
      'Devices that must have fetched a change before the point is live. Absent: Postern does not know whether the point is live.',
    ),
  profiles: inspectionProfiles(
    z.string().max(63),
    'What the inspection profiles that policies name are called on the consumers: told in the list of rules.',
  ),
});
export type FeedConfig = z.infer<typeof feedConfigSchema>;
