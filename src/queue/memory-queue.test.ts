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

    it('counts none of those that were quick, and gives no point to two', async () => {
      vi.useFakeTimers();
      const queue = new MemoryQueue(() => undefined);
      const running = new Set<string>();
      let most = 0;
      let slow = false;
      queue.process(async (point) => {
        expect(running).not.toContain(point);
        running.add(point);
        most = Math.max(most, running.size);
        if (slow) await new Promise((resolve) => setTimeout(resolve, 4_000));
        running.delete(point);
      }, 2);
      const points = ['a', 'b', 'c', 'd', 'e'];
      for (const point of points) await queue.enqueue(point);
      await vi.advanceTimersByTimeAsync(6_000);
      slow = true;
      for (const point of [...points, ...points]) await queue.enqueue(point);
      await vi.advanceTimersByTimeAsync(60_000);
      expect([most, running.size]).toEqual([2, 0]);
    });

    it('gives a point whose device is slow to nobody else, though it is requested', async () => {
      vi.useFakeTimers();
      const queue = new MemoryQueue(() => undefined);
      let begun = 0;
      let end = (): void => undefined;
      queue.process(() => {
        begun += 1;
        return new Promise((resolve) => (end = resolve));
      }, 1);
      await queue.enqueue('a');
      await vi.advanceTimersByTimeAsync(6_000);
      await queue.enqueue('a', { urgent: true });
      await vi.advanceTimersByTimeAsync(6_000);
      expect(begun).toBe(1);
      end();
      await vi.advanceTimersByTimeAsync(0);
      expect(begun).toBe(2);
    });
  });
});
