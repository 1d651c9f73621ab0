import { z } from 'zod';

export const memoryConfigSchema = z.strictObject({
  transactions: z
    .boolean()
    .default(true)
    .describe('Make all changes of a plan visible at one instant; false: one after the other, as many appliances do.'),
});
export type MemoryConfig = z.infer<typeof memoryConfigSchema>;
