import type { Adapter, Batch, LowerContext } from '../../src/adapter/adapter.ts';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { memoryConfigSchema, type MemoryConfig } from './config.ts';
import { lower, lowerDelta } from './lower.ts';
import { MemorySession } from './session.ts';
import { MemorySimulator } from './simulator.ts';
import { table } from './table.ts';
import type { Change } from '../../src/core/model/plan.ts';

const capabilities: Capabilities = {
  version: '',
  groupsAs: ['source'],
  emptyGroup: 'nothing',
  memberUpdates: 'delta',
  lock: 'none',
  domainNames: 'wildcard',
  transactions: true,
  maxMembersPerGroup: Number.MAX_SAFE_INTEGER,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 0,
  sendWhileReading: true,
  choices: {},
};

/**
 * A firewall that lives in this process: for trying things out, for tests, and for reading first.
 *
 * @param deviceFor the device that a point's config stands for; unless given, each config has a device of its own
 */
export function createMemoryAdapter(deviceFor = onePerConfig()): Adapter<MemoryConfig> {
  return {
    kind: 'memory',
    config: memoryConfigSchema,
    capabilities,
    lower,
    lowerDelta,
    batch,
    table,
    connect: (config, deps) => Promise.resolve(new MemorySession(deviceFor(config), { ...deps, config, capabilities })),
  };
}

function onePerConfig(): (config: MemoryConfig) => MemorySimulator {
  const devices = new WeakMap<MemoryConfig, MemorySimulator>();
  return (config) => {
    const device = devices.get(config) ?? new MemorySimulator();
    devices.set(config, device);
    return device;
  };
}

/** Everything in one transaction if the device can, one call for each change if not. */
function batch(changes: readonly Change[], { capabilities }: LowerContext): readonly Batch[] {
  if (!capabilities.transactions)
    return changes.map((change) => ({ changes: [change], atomic: false, nativeCalls: 1 }));
  return changes.length === 0 ? [] : [{ changes, atomic: true, nativeCalls: 1 }];
}
