import fc from 'fast-check';
import { expect } from 'vitest';
import { adapters } from '../../adapters/index.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import { assemble } from '../../src/kube/manifests/assemble.ts';
import { parseFile } from '../../src/kube/manifests/parse-file.ts';
import { layersOf, writtenPoint } from '../../src/layers/layers.ts';
import { consistencyOf } from '../../src/verify/compare/consistency.ts';
import { remainingFrom } from '../../src/verify/values/time.ts';
import { covers, type Packet } from './foreign-judge.ts';
import { addresses, numbers, pods, protocols } from './foreign-world.ts';

/* Clusters of laws about what others write: who is to reach what there, and what Postern says of it. */

const at = '2026-06-01T00:00:00Z';

/** One of each kind that a pod of these clusters can send. */
export const packets: readonly Packet[] = pods.flatMap((pod) =>
  addresses.flatMap((address) =>
    protocols.flatMap((protocol) => numbers.map((port) => ({ pod, address, protocol, port }))),
  ),
);

export const told = ({ pod, address, protocol, port }: Packet): string =>
  `${pod.namespace}/${pod.name} to ${address}:${port}/${protocol}`;

export async function read(objects: readonly object[]): Promise<Awaited<ReturnType<typeof assemble>>> {
  const cluster = await assemble([await parseFile('world.json', objects.map((one) => JSON.stringify(one)).join('\n'))]);
  expect(cluster.problems).toEqual([]);
  return cluster;
}

export interface Intent {
  readonly namespace: 'shop' | 'news';
  readonly app: string;
  readonly network: string;
  readonly port: number;
}

export const intents: fc.Arbitrary<readonly Intent[]> = fc.array(
  fc.record({
    namespace: fc.constantFrom('shop' as const, 'news' as const),
    app: fc.constantFrom('web', 'batch'),
    network: fc.constantFrom('203.0.113.0/24', '198.51.100.0/24'),
    port: fc.constantFrom(443, 80),
  }),
  { minLength: 1, maxLength: 3 },
);

export function isIntended(intent: readonly Intent[], { pod, address, protocol, port }: Packet): boolean {
  return intent.some(
    (one) =>
      protocol === 'TCP' &&
      one.port === port &&
      one.namespace === pod.namespace &&
      one.app === pod.app &&
      covers(one.network, address),
  );
}

/** Behind SNAT all pods are one node. Where the firewall sees pods, it does not know nodes. */
export function passes(intent: readonly Intent[], vantage: string, packet: Packet): boolean {
  return vantage === 'Pod' ? isIntended(intent, packet) : pods.some((pod) => isIntended(intent, { ...packet, pod }));
}

/** What `verify` says where the intent is written to one firewall. */
export async function verified(
  objects: readonly object[],
  intent: readonly Intent[],
  vantage: string,
): Promise<ReturnType<typeof consistencyOf>> {
  const policies = intent.map(({ namespace, app, network, port }, index) => ({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EgressPolicy',
    metadata: { namespace, name: `i${index}` },
    spec: { subject: { podSelector: { matchLabels: { app } } }, to: [{ networks: [network], ports: [{ port }] }] },
  }));
  const point = {
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EnforcementPoint',
    metadata: { name: 'edge' },
    spec: { adapter: 'memory', mode: 'Enforce', vantage: { type: vantage } },
  };
  const { snapshot, foreignObjects } = await read([...objects, ...policies, point]);
  const adapter = await adapters['memory']?.();
  if (adapter === undefined) throw new Error('there is no adapter memory');
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), at);
  const context = { config: adapter.config.parse({}), capabilities: adapter.capabilities, owner: { cluster: 'east' } };
  const points = snapshot.enforcementPoints.map((one) => {
    const desired = compiler.desired(one.metadata.name);
    if (desired === undefined) throw new Error('nothing is desired');
    return writtenPoint(one, desired, { adapter, context });
  });
  const mesh = { objects: foreignObjects };
  return consistencyOf(layersOf({ snapshot, remaining: remainingFrom(Date.parse(at)), points, mesh, complete: false }));
}
