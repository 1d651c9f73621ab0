import { expect, it, vi } from 'vitest';
import { writeStatuses } from './status-loop.ts';
import type { Statuses } from './statuses.ts';

it('goes on after a status could not even be computed, and says so', async () => {
  const stop = new AbortController();
  const flush = vi.fn().mockRejectedValueOnce(new Error('nothing is compiled'));
  flush.mockImplementation(() => {
    stop.abort();
    return Promise.resolve({ written: 0, failures: [] });
  });
  const reports: string[] = [];
  const deps = {
    publisher: { points: () => [] },
    outcomes: { last: () => Promise.resolve(undefined) },
    clock: { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() },
    report: (text: string) => void reports.push(text),
    synced: () => true,
  };
  await writeStatuses({ flush } as unknown as Statuses, deps, stop.signal);
  expect([flush.mock.calls.length, reports]).toEqual([2, ['1 statuses were not written: nothing is compiled']]);
});
