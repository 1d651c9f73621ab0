import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../adapters/memory/simulator.ts';
import { aClosed, textsOf, verified } from '../../test/kit/audit-records.ts';
import { aPoint } from '../../test/kit/builders.ts';
import { aWorker, permitted, SlowSimulator, stateWith } from '../../test/kit/worker-rig.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { systemClock } from '../compose/clock.ts';
import { pointAt } from '../core/audit/history.ts';

const slow = '10.0.0.9';
const point = aPoint({ config: { transactions: false } });

/** The first call about one address takes long. */
class OnceSlow extends SlowSimulator {
  #isFirst = true;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method !== 'GET' && this.#isFirst && JSON.stringify(request.body).includes(slow)) {
      this.#isFirst = false;
      await systemClock.sleep(5_000);
    }
    return super.request(request);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('puts on record what a worker is answered after another one, which took over from an emptied store, has read the device', async () => {
  const [device, audit] = [new OnceSlow(), new MemoryAuditStore(systemClock)];
  const lost = new AbortController();
  const first = aWorker({ device, audit, signal: lost.signal });
  await first.publish(stateWith(['10.0.0.1']), {}, { point });
  await vi.advanceTimersByTimeAsync(100);
  await first.publish(stateWith(['10.0.0.1', slow]), { added: [slow] }, { point });
  // It has neither the desired state nor the leases of the first.
  lost.abort();
  const second = aWorker({ device, audit });
  await second.publish(stateWith(['10.0.0.1']), {}, { point });
  await vi.advanceTimersByTimeAsync(1_000);
  const membersNow = async (): Promise<readonly string[]> =>
    [...pointAt(await textsOf(audit, 'edge')).objects.values()].flatMap(({ members }) => [...members]);
  expect([permitted(device, slow), await membersNow()]).toEqual([false, ['10.0.0.1']]);
  while (!permitted(device, slow)) await vi.advanceTimersByTimeAsync(1);
  await vi.advanceTimersByTimeAsync(5);
  expect(await membersNow()).toEqual(['10.0.0.1', slow]);
  const lines = (await textsOf(audit, 'edge')).filter((text) => text.includes('found-not-done'));
  expect([lines.length, (await verified(audit, 'edge')).findings]).toEqual([1, []]);
  // A device is read once more after a write of which nobody knew, which takes it back.
  await vi.advanceTimersByTimeAsync(10_000);
  expect([permitted(device, slow), await membersNow()]).toEqual([false, ['10.0.0.1']]);
  const { record } = JSON.parse(lines[0] ?? '') as { readonly record: { readonly of: number } };
  await audit.append('edge', [aClosed(record.of)]);
  expect((await verified(audit, 'edge')).findings.map(({ code }) => code)).toEqual(['closed-twice']);
});
