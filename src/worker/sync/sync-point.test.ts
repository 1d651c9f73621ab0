import { describe, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../../adapters/memory/adapter.ts';
import { memoryConfigSchema } from '../../../adapters/memory/config.ts';
import { MemorySimulator } from '../../../adapters/memory/simulator.ts';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { systemClock } from '../../compose/clock.ts';
import type { Lowered, LowerContext } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { Change } from '../../core/model/plan.ts';
import type { Steps } from '../../core/model/steps.ts';
import { membersChange } from '../../core/plan/diff.ts';
import { noUpdates, type ConcurrentUpdates } from './concurrent-updates.ts';
import { syncPoint } from './sync-point.ts';

/* A policy so large that it takes long to lower and to compare, and pods that end meanwhile. */

const signal = new AbortController().signal;
const owner = { cluster: 'blue' };
const ids = Array.from({ length: 4_000 }, (_, index) => `b${String(index).padStart(11, '0')}`);
const [own = ''] = ids;
const desired = aDesiredState({
  groups: ids.map((id) => aGroup({ id, members: ['10.9.0.8', '10.9.0.9'] })),
  rules: [aRule({ sources: [own] })],
});

async function aPoint() {
  const device = new MemorySimulator();
  const adapter = createMemoryAdapter(() => device);
  const config = memoryConfigSchema.parse({ transactions: true });
  const session = await adapter.connect(config, { point: 'edge', secret: {}, owner, clock: systemClock, signal });
  const context = { config, owner, capabilities: await session.probe() };
  const task = {
    ...{ adapter, session, context, signal, desired, synced: true, ended: new Set<string>() },
    mode: 'Enforce',
    limits: { maxRemovals: 10, maxRemovalsPercent: 10 },
  } as const;
  return { device, adapter, task };
}

const updatesThat = (parts: Partial<ConcurrentUpdates>): ConcurrentUpdates => ({ ...noUpdates, ...parts });

describe('a plan that takes long to make', () => {
  it('is overtaken while it is made, and puts nobody into a group who has left it meanwhile', async () => {
    const { device, adapter, task } = await aPoint();
    const group = adapter.lower(desired, task.context).resources.find(({ desiredId }) => desiredId === own);
    const gone = membersChange({
      key: { kind: group?.kind ?? '', name: group?.name ?? '' },
      effect: 'Accept',
      add: [],
      remove: ['10.9.0.9'],
    });
    const looks: boolean[] = [];
    const updates = updatesThat({
      overtake: () => {
        looks.push(device.requests().some(({ method }) => method !== 'GET'));
        return Promise.resolve(looks.length === 1 ? gone : ([] as Change[]));
      },
    });
    const { state, error } = await syncPoint({ ...task, updates });
    expect({ state, error }).toEqual({ state: 'programmed', error: undefined });
    expect(looks.filter((hasWritten) => !hasWritten).length).toBeGreaterThan(1);
    expect(device.tables.group.find(({ name }) => name === group?.name)?.members).toEqual(['10.9.0.8']);
  });

  it('is not overtaken while it is made where members may still be let in', async () => {
    const { device, task } = await aPoint();
    const looks: boolean[] = [];
    const overtake = (): Promise<readonly Change[]> => {
      looks.push(device.requests().some(({ method }) => method !== 'GET'));
      return Promise.resolve([]);
    };
    await syncPoint({ ...task, updates: updatesThat({ grants: true, overtake }) });
    // Before the first write, when the plan is made.
    expect(looks.filter((hasWritten) => !hasWritten)).toHaveLength(1);
  });

  it('lets members that have moved while it was lowered be where they are', async () => {
    const { device, adapter, task } = await aPoint();
    await syncPoint(task);
    const group = adapter.lower(desired, task.context).resources.find(({ desiredId }) => desiredId === own);
    const key = { kind: group?.kind ?? '', name: group?.name ?? '' };
    const gone = membersChange({ key, effect: 'Accept', add: [], remove: ['10.9.0.9'] });
    const slow = {
      ...adapter,
      lowering: function* (...from: [typeof desired, LowerContext]): Steps<Lowered> {
        yield;
        return adapter.lower(...(from as Parameters<typeof adapter.lower>));
      },
    };
    const phases: string[] = [];
    const updates = updatesThat({
      whileReading: async (read) => {
        const before = device.requests().length;
        const answer = await read();
        const isLowering = device.requests().length === before && phases.length === 0;
        phases.push(isLowering ? 'lowering' : 'reading');
        if (!isLowering) return { answer, inFlight: [] };
        await task.session.send({ changes: gone, atomic: false, nativeCalls: 1 }, signal);
        return { answer, inFlight: [...gone] as never };
      },
    });
    const { state } = await syncPoint({ ...task, adapter: slow, updates });
    expect([state, phases[0]]).toEqual(['programmed', 'lowering']);
    expect(device.tables.group.find(({ name }) => name === key.name)?.members).toEqual(['10.9.0.8']);
  });

  it('has not gone through where an update failed meanwhile, and says so', async () => {
    const { device, task } = await aPoint();
    const failure = new AdapterError('transient', 'no answer came');
    const updates = updatesThat({
      whileReading: async (read) => {
        await read();
        throw failure;
      },
    });
    expect(await syncPoint({ ...task, updates })).toMatchObject({ state: 'failed', error: failure });
    expect(device.requests().some(({ method }) => method !== 'GET')).toBe(false);
  });
});
