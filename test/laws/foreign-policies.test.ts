import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import { readNetwork, type Network } from '../../src/verify/network/network.ts';
import { fateOf, type Fate, type Packet } from './foreign-judge.ts';
import { objectsOf, pods, world, type World } from './foreign-world.ts';
import { intents, isIntended, packets, passes, read, told, verified, type Intent } from './intended.ts';

/* Policies of every kind, judged as one that takes each packet by itself judges them. */

const meant: Readonly<Record<Fate, readonly string[]>> = {
  out: ['yes', 'unknown'],
  stopped: ['no', 'unknown'],
  unclear: ['yes', 'no', 'unknown'],
};

function said(
  network: Network | undefined,
  { pods: known }: Snapshot,
  { pod, address, protocol, port }: Packet,
): { readonly allowed: string; readonly why: string } {
  const client = known.find(({ name }) => name === pod.name);
  if (client === undefined) throw new Error(`there is no pod ${pod.name}`);
  if (network === undefined) return { allowed: 'yes', why: 'there are no policies' };
  const to = { kind: 'outside', host: undefined, address, names: [] } as const;
  const answer = network.leaves(network.podEnd({ ...client, namedPorts: {} }), to, { protocol, port });
  return { allowed: answer.allowed, why: `${answer.object} ${answer.reason}` };
}

describe('network policies of every kind', () => {
  it('are judged as a packet is judged', async () => {
    const counts = { right: 0, unknown: 0, stopped: 0 };
    await fc.assert(
      fc.asyncProperty(world, async (facts) => {
        const { snapshot, foreignObjects } = await read(objectsOf(facts));
        const mesh = meshIn({ objects: foreignObjects }, snapshot);
        const network = mesh && readNetwork(mesh.network);
        for (const packet of packets) {
          const fate = fateOf(facts, packet);
          const { allowed, why } = said(network, snapshot, packet);
          counts[allowed === 'unknown' ? 'unknown' : 'right'] += 1;
          if (fate === 'stopped') counts.stopped += 1;
          if (!meant[fate].includes(allowed)) throw new Error(`${told(packet)} is ${fate}, and not ${allowed}: ${why}`);
        }
      }),
      { seed: 12, numRuns: 600 },
    );
    expect(counts.stopped).toBeGreaterThan(8_000);
    expect(counts.unknown / (counts.right + counts.unknown)).toBeLessThan(0.05);
  });

  it('are never called consistent with an intent and a firewall where a packet fares otherwise', async () => {
    const seen = { consistent: 0, differing: 0, found: 0 };
    await fc.assert(
      fc.asyncProperty(world, intents, fc.constantFrom('Pod', 'Node'), async (facts, intent, vantage) => {
        const found = await verified(objectsOf(facts), intent, vantage);
        const differing = packets.filter((packet) => differs(facts, intent, vantage, packet));
        if (found.consistent) expect(differing.map(told)).toEqual([]);
        seen[found.consistent ? 'consistent' : 'differing'] += 1;
        // What is told as a bypass or as broken is one.
        for (const flow of [...found.perimeterOnly, ...found.blocked]) {
          const pod = pods.find((one) => `${one.namespace}/${one.name}` === flow.pod);
          if (pod === undefined || !/^[\d.]+$/.test(flow.destination)) continue;
          const packet = { pod, address: flow.destination, protocol: flow.protocol, port: flow.port };
          if (fateOf(facts, packet) === 'unclear') continue;
          expect([told(packet), differs(facts, intent, vantage, packet)]).toEqual([told(packet), true]);
          seen.found += 1;
        }
      }),
      { seed: 14, numRuns: 300 },
    );
    expect(Math.min(seen.consistent, seen.differing, seen.found)).toBeGreaterThan(25);
  });
});

function differs(facts: World, intent: readonly Intent[], vantage: string, packet: Packet): boolean {
  const fate = fateOf(facts, packet);
  if (fate === 'unclear' || (packet.pod.hostNetwork && vantage === 'Pod')) return false;
  return isIntended(intent, packet) !== (fate === 'out' && passes(intent, vantage, packet));
}
