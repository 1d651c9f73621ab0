import { describe } from 'vitest';
import { describeDesiredStore } from '../../test/kit/desired-store-contract.ts';
import { MemoryDesiredStore } from './memory-store.ts';

describe('MemoryDesiredStore', () => {
  describeDesiredStore(() => Promise.resolve({ store: new MemoryDesiredStore(), end: () => Promise.resolve() }));
});
