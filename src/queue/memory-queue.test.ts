import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeWorkQueue } from '../../test/kit/work-queue-contract.ts';
import { MemoryQueue } from './memory-queue.ts';

describe('MemoryQueue', () => {
  describeWorkQueue(() => {
    const errors: string[] = [];
    const queue = new MemoryQueue((point, error) => errors.push(`${point}: ${(error as Error).message}`));
    return Promise.resolve({ queue, errors, end: () => queue.close() });
  });

  describe('with more slow devices than it deals with side by side', () => {
    afterEach(() => void vi.useRealTimers());

    it('lets others in after some seconds, and keeps to its number for those that are quick', async () => {
      vi.useFakeTimers();
      const queue = new MemoryQueue(() => undefined);
      const begun: string[] = [];
      const ends: (() => void)[] = [];
      queue.process((point) => {
        begun.push(point);
        return new Promise((resolve) => ends.push(resolve));
      }, 2);
      for (const point of ['a', 'b', 'c', 'd', 'e']) await queue.enqueue(point);
      expect(begun).toEqual(['a', 'b']);
      await vi.advanceTimersByTimeAsync(4_999);
      expect(begun).toEqual(['a', 'b']);
      await vi.advanceTimersByTimeAsync(1);
      expect(begun).toEqual(['a', 'b', 'c', 'd']);
      ends[0]?.();
      await vi.advanceTimersByTimeAsync(0);
      expect(begun).toEqual(['a', 'b', 'c', 'd']);
      ends[3]?.();
      await vi.advanceTimersByTimeAsync(0);
      expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
    });
  });
});
