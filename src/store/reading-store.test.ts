import { describeReadingStore } from '../../test/kit/reading-store-contract.ts';
import { MemoryReadingStore } from './reading-store.ts';

describeReadingStore('in memory', () => Promise.resolve(new MemoryReadingStore()));
