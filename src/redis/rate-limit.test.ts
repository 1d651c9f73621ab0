import { describe } from 'vitest';
import { describeRateLimit } from '../../test/kit/rate-limit-contract.ts';
import { MemoryRateLimit } from './rate-limit.ts';

describe('MemoryRateLimit', () => {
  describeRateLimit(() => {
    return new MemoryRateLimit({ elapsed: () => performance.now() });
  });
});
