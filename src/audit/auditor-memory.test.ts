import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { aDesiredState, aGroup, aPoint, aRule } from '../../test/kit/builders.ts';
import { systemClock } from '../compose/clock.ts';
import type { DesiredState } from '../core/model/desired.ts';
import { Auditor } from './auditor.ts';
import { MemoryAuditStore } from './memory-audit-store.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('keeps no desired state of before the last, however often a device is read', async () => {
  const store = new MemoryAuditStore(systemClock);
  const auditor = new Auditor({ store, clock: systemClock, onError: (_, error) => expect.fail(error.message) });
  const states: WeakRef<DesiredState>[] = [];
  const sync = async (version: number): Promise<void> => {
    const desired = aDesiredState({ groups: [aGroup({ id: 'a' })], rules: [aRule({ sources: ['a'] })] });
    states.push(new WeakRef(desired));
    await auditor.fullSync({ point: aPoint(), version, ended: new Set(), desired, reached: true });
  };
  for (let version = 1; version <= 20; version += 1) await sync(version);
  // What a weak reference has shown stays until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(states.filter((state) => state.deref() !== undefined).length).toBeLessThanOrEqual(2);
});
