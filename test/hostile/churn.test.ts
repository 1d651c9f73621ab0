import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { aNamespace, aPod, aPoint, aPolicy } from '../kit/builders.ts';
import { anEmbedded } from '../kit/embedded.ts';

/* Pods come and go for a long time; what is kept must follow from how many there are, not from how many there were. */

const rounds = 6;
const perRound = 400;
/** The record of what was written is kept in memory here, and grows. */
const mostGrowthBytes = 8_000_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('keeps heap, listeners and open resources flat', async () => {
  const device = new MemorySimulator();
  const adapter = createMemoryAdapter(() => device) as Adapter;
  const embedded = anEmbedded({ adapters: () => Promise.resolve(adapter) });
  const set = (kind: 'Pod', i: number, isThere: boolean): ObjectChange => {
    const pod = aPod({
      name: `p-${i}`,
      uid: `u-${i}`,
      addresses: [`10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`],
    });
    return { kind, key: `shop/p-${i}`, object: isThere ? pod : undefined };
  };
  await embedded.apply(
    [
      { kind: 'Namespace', key: 'shop', object: aNamespace() },
      { kind: 'EgressPolicy', key: 'shop/checkout', object: aPolicy() },
      { kind: 'EnforcementPoint', key: 'edge', object: aPoint() },
    ],
    true,
  );
  const seen = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < perRound; at += 1) {
      const i = round * perRound + at;
      await embedded.apply([set('Pod', i, true), set('Pod', i - 20, false)], true);
    }
    await embedded.settled();
    // The log of the simulated device is no part of what is measured.
    device.reset();
    collect();
    seen.push({ heap: process.memoryUsage().heapUsed, open: process.getActiveResourcesInfo().length });
  }
  await embedded.close();
  const [, first] = seen;
  const last = seen.at(-1);
  expect((last?.heap ?? 0) - (first?.heap ?? 0)).toBeLessThan(mostGrowthBytes);
  expect(last?.open).toBeLessThanOrEqual((first?.open ?? 0) + 3);
  expect(getEventListeners(process, 'warning').length).toBeLessThan(5);
});
