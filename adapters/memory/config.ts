import { z } from 'zod';

export const memoryConfigSchema = z.strictObject({
  transactions: z
    .boolean()
    .default(true)
    .describe('Make all changes of a plan visible at one instant; false: one after the other, as many appliances do.'),
  pollsPerWrite: z
    .int()
    .min(0)
    .default(0)
    .describe('Accept each write at once and finish it after this many polls, as cloud firewalls do.'),
});
export type MemoryConfig = z.infer<typeof memoryConfigSchema>;
