import { describe } from 'vitest';
import { describeWorkQueue } from '../../test/kit/work-queue-contract.ts';
import { MemoryQueue } from './memory-queue.ts';

describe('MemoryQueue', () => {
  describeWorkQueue(() => {
    const errors: string[] = [];
    const queue = new MemoryQueue((point, error) => errors.push(`${point}: ${(error as Error).message}`));
    return Promise.resolve({ queue, errors, end: () => queue.close() });
  });
});
