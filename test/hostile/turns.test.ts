import { afterEach, describe, expect, it, vi } from 'vitest';
import { adapters } from '../../adapters/index.ts';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import { aDesiredState, aGroup, aNamespace, aPod, aPoint, aPolicy, aRule } from '../kit/builders.ts';
import { anEmbedded } from '../kit/embedded.ts';

/*
 * However large what one tenant writes is, others get their turn of the event loop in between. What is counted is work
 * between two turns, not time: a busy machine makes no difference.
 */

const many = 100;

/** Counts turns of the event loop. */
function countTurns(): { readonly now: () => number; readonly stop: () => void } {
  let turn = 0;
  let next = setImmediate(function count() {
    turn += 1;
    next = setImmediate(count);
  });
  return { now: () => turn, stop: () => clearImmediate(next) };
}

describe('a point with many rules', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is compiled, lowered, compared and written in turns of their own', async () => {
    const turns = countTurns();
    // Each look at the clock is a millisecond later, so that slices end after so many steps on any machine.
    let clock = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 1));
    const device = new MemorySimulator();
    const memory = createMemoryAdapter(() => device) as Adapter;
    const lowered = new Map<string, number>();
    let batched = -1;
    const adapter: Adapter = {
      ...memory,
      *lowering(desired, context) {
        for (const { id } of desired.rules) {
          lowered.set(id, turns.now());
          yield;
        }
        return memory.lower(desired, context);
      },
      batch: (changes, context) => {
        batched = turns.now();
        return memory.batch(changes, context);
      },
    };
    const embedded = anEmbedded({ adapters: () => Promise.resolve(adapter) });
    const to = Array.from({ length: many }, (_, i) => ({
      networks: [`203.0.${i}.0/24`],
      ports: [{ port: 1_000 + i, protocol: 'TCP' as const }],
    }));
    const compiled = turns.now();
    await embedded.apply(
      [
        { kind: 'Namespace', key: 'shop', object: aNamespace() },
        { kind: 'Pod', key: 'shop/web-1', object: aPod() },
        { kind: 'EgressPolicy', key: 'shop/checkout', object: aPolicy({ to }) },
        { kind: 'EnforcementPoint', key: 'edge', object: aPoint() },
      ],
      true,
    );
    await embedded.settled();
    await embedded.close();
    turns.stop();
    const when = [...lowered.values()];
    expect(when.length).toBe(many);
    // What is read of the policy before it is compiled, a dozen of its entries at a time.
    expect((when[0] ?? 0) - compiled).toBeGreaterThanOrEqual(many / 12);
    expect(batched).toBeGreaterThan(when.at(-1) ?? Infinity);
    const inOneTurn = when.map((turn) => when.filter((other) => other === turn).length);
    expect(Math.max(...inOneTurn)).toBeLessThanOrEqual(12);
  });

  const tables = ['aws-network-firewall', 'azure-firewall', 'f5-afm', 'feed', 'fortigate', 'gcp-firewall', 'panos'];
  it.each(tables)('is lowered in steps for %s, as many as it has rules', async (kind) => {
    const adapter = await adapters[kind]?.();
    if (adapter?.lowering === undefined) throw new Error(`${kind} is not lowered in steps`);
    const group = aGroup({ members: ['10.0.0.1'] });
    const rules = Array.from({ length: many }, (_, i) => aRule({ id: `${i}`.padStart(12, '0') }));
    const { config, capabilities } = adapter;
    const context = { config: config.parse(configs[kind]), capabilities, owner: { cluster: 'east' } };
    const steps = adapter.lowering(aDesiredState({ groups: [group], rules }), context);
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThanOrEqual(many);
  });
});

const url = 'https://192.0.2.1';
const id = '00000000-0000-0000-0000-000000000000';
const configs: Readonly<Record<string, object>> = {
  'aws-network-firewall': { region: 'eu-west-1', firewall: 'edge' },
  'azure-firewall': { subscriptionId: id, resourceGroup: 'hub', policy: 'edge', tenantId: id, clientId: id },
  'f5-afm': { url },
  feed: { store: { folder: '/tmp/feed' } },
  fortigate: { url },
  'gcp-firewall': { project: 'my-project', policy: 'edge' },
  panos: { url },
};
