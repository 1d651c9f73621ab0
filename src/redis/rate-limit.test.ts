import { describe } from 'vitest';
import { describeRateLimit } from '../../test/kit/rate-limit-contract.ts';
import { MemoryRateLimit } from './rate-limit.ts';

describe('MemoryRateLimit', () => {
  describeRateLimit(() => {
    const now = (): number => performance.now();
    return new MemoryRateLimit({ now, sleep: () => Promise.resolve() });
  });
});
