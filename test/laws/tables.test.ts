import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapters } from '../../adapters/index.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { readTable } from '../../src/verify/perimeter/table.ts';
import { flowsOf, livePods, ownerOf, stateOf, verdictOf } from './compile-intent.ts';
import { cluster, times } from './compile-world.ts';

/** What has to be in `spec.config` for want of a default. */
const configs: Readonly<Record<string, unknown>> = {
  'azure-firewall': {
    subscriptionId: '00000000-0000-4000-8000-000000000001',
    resourceGroup: 'hub',
    policy: 'edge',
    credentials: 'ManagedIdentity',
  },
  'f5-afm': { url: 'https://192.0.2.1' },
  fortigate: { url: 'https://192.0.2.1' },
  'gcp-firewall': { project: 'my-project', policy: 'edge' },
  memory: {},
};
/** What an administrator puts behind our rules where a device lets everything else out. */
const others: Readonly<Record<string, readonly Resource[]>> = {
  'gcp-firewall': [
    {
      kind: 'firewall-rule',
      name: 'the rest',
      spec: { action: 'deny', layer4Configs: [{ ipProtocol: 'all' }] },
      refs: [],
      effect: 'Deny',
      position: Infinity,
    },
  ],
};

async function load(kind: string): Promise<Adapter> {
  const adapter = await adapters[kind]?.();
  if (adapter?.table === undefined) throw new Error(`${kind} reads no tables`);
  return adapter;
}

/*
 * The objects that an adapter makes of a desired state, read by its other half, say what the desired state says. Where
 * something could not be said, the device permits less.
 */
describe.each(Object.keys(configs))('the tables of %s', (kind) => {
  it('say what was asked for, or less where a loss says so', async () => {
    const adapter = await load(kind);
    const context = {
      owner: { cluster: 'east' },
      config: adapter.config.parse(configs[kind]),
      capabilities: adapter.capabilities,
    };
    let compared = 0;
    fc.assert(
      fc.property(cluster, (changes) => {
        const compiler = new Compiler();
        compiler.apply(changes, times[0]);
        const desired = compiler.desired('e1')!;
        if (desired.defaultAction === 'Accept') return; // what no rule matches is not the device's to say
        const { resources, losses } = adapter.lower(desired, context);
        const decide = readTable(adapter.table!(resources, context, others[kind]));
        const state = stateOf(changes);
        for (const pod of livePods(state)) {
          for (const source of pod.addresses.filter((address) => ownerOf(state, address) === pod)) {
            for (const flow of flowsOf(pod, source)) {
              const { verdict } = verdictOf(desired, flow);
              const { host, address: dst, port } = flow;
              if (dst !== undefined && dst.includes(':') !== source.includes(':')) continue; // no such flow
              const protocol = flow.protocol === 'UDP' ? 'UDP' : 'TCP';
              const asked = { src: source, port, protocol, ...(host && { host }), ...(dst && { dst }) } as const;
              const found = decide(asked).action;
              if (losses.length === 0) expect([asked, found]).toEqual([asked, verdict]);
              else if (found === 'Accept') expect([asked, verdict]).toEqual([asked, 'Accept']);
              compared += 1;
            }
          }
        }
      }),
      { seed: 12, numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });
});
