import { describe, expect, it, vi } from 'vitest';
import { aPublication } from '../../../test/kit/desired-store-contract.ts';
import type { Clock } from '../../adapter/adapter.ts';
import { systemClock } from '../../compose/clock.ts';
import { MemoryQueue } from '../../queue/memory-queue.ts';
import { MemoryDesiredStore } from '../../store/memory-store.ts';
import { Deliveries } from './deliveries.ts';

function started(clock: Clock = systemClock) {
  const onError = vi.fn<(point: string, error: unknown) => void>();
  const store = new MemoryDesiredStore();
  const queue = new MemoryQueue(onError);
  const { point, desired, synced } = aPublication([]);
  const contentOf = () => ({ point, desired, synced });
  const deliveries = new Deliveries({ store, queue, clock, onError, contentOf });
  const told = vi.spyOn(store, 'publish');
  const lastTold = (): readonly string[] | undefined => told.mock.lastCall?.[0].ended;
  return { store, queue, deliveries, onError, lastTold };
}

const refused = (): Promise<never> => Promise.reject(new Error('refused'));

describe('the addresses of ended pods in a delivery that was not taken', () => {
  it.each([
    [
      'the store',
      ({ store }: ReturnType<typeof started>) => vi.spyOn(store, 'publish').mockImplementationOnce(refused),
    ],
    [
      'the queue',
      ({ queue }: ReturnType<typeof started>) => vi.spyOn(queue, 'enqueue').mockImplementationOnce(refused),
    ],
  ])('by %s, are told with the next one, and not with those after it', async (_, refuseOnce) => {
    const all = started();
    const { deliveries, onError, lastTold } = all;
    refuseOnce(all);
    await deliveries.deliver('edge', { ended: ['10.0.0.1', '10.0.0.2'] });
    expect(onError).toHaveBeenCalledOnce();
    await deliveries.deliver('edge', { ended: ['10.0.0.2', '10.0.0.3'] });
    expect(lastTold()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    await deliveries.deliver('edge', { ended: ['10.0.0.4'] });
    expect(lastTold()).toEqual(['10.0.0.4']);
  });

  it('are told when it is made again, however often it was not taken', async () => {
    const { store, deliveries, lastTold } = started();
    vi.spyOn(store, 'publish').mockImplementationOnce(refused).mockImplementationOnce(refused);
    await deliveries.deliver('edge', { ended: ['10.0.0.1'] });
    await deliveries.deliver('edge', { ended: ['10.0.0.2'] });
    await deliveries.catchUp(await deliveries.compare());
    expect(lastTold()).toEqual(['10.0.0.1', '10.0.0.2']);
  });
});

describe('a clock that is set back by hours', () => {
  it('keeps no held point from being told of pods that end, nor work from being asked for again', async () => {
    const time = { now: Date.parse('2026-01-01T12:00:00Z'), elapsed: 0 };
    const clock = { ...systemClock, now: () => time.now, elapsed: () => time.elapsed };
    const { queue, deliveries, lastTold } = started(clock);
    const ends = async (address: string): Promise<void> => {
      deliveries.held.ended([address], new Set());
      await deliveries.catchUp(await deliveries.compare());
    };
    deliveries.held.outcome({ point: 'edge', version: 1, state: 'held' });
    await ends('10.0.0.1');
    time.now -= 6 * 3_600_000;
    time.elapsed += 10_000;
    const asked = vi.spyOn(queue, 'enqueue');
    await ends('10.0.0.2');
    expect(lastTold()).toEqual(['10.0.0.2']);
    await deliveries.catchUp(await deliveries.compare());
    expect(asked.mock.calls.filter(([, how]) => how === undefined)).toHaveLength(2);
  });
});
