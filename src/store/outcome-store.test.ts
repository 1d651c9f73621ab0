import { describe } from 'vitest';
import { describeOutcomeStore } from '../../test/kit/outcome-store-contract.ts';
import { MemoryOutcomeStore } from './outcome-store.ts';

describe('MemoryOutcomeStore', () => {
  describeOutcomeStore(() => Promise.resolve({ store: new MemoryOutcomeStore(), end: () => Promise.resolve() }));
});
