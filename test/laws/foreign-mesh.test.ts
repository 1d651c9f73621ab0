import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Packet } from './foreign-judge.ts';
import { pods, world } from './foreign-world.ts';
import { clientOf } from '../../src/verify/why/cluster-step.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { meshMode } from '../../src/verify/mesh/mode.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import { intents, isIntended, packets, passes, read, told, verified, type Intent } from './intended.ts';
import { endOf } from './mesh-judge.ts';
import { meshObjectsOf, meshWorld, type MeshFacts } from './mesh-world.ts';

/* What others write into a mesh and beside it, judged as one that takes each packet by itself judges it. */

it('is judged as a packet is judged', async () => {
  const counts = { right: 0, unknown: 0, stopped: 0, led: 0 };
  await fc.assert(
    fc.asyncProperty(meshWorld(world), async (facts) => {
      const { snapshot, foreignObjects } = await read(meshObjectsOf(facts));
      const mesh = meshIn({ objects: foreignObjects }, snapshot);
      if (mesh === undefined) throw new Error('there is no mesh');
      const { judge } = evaluateMesh(mesh);
      for (const packet of packets) {
        const pod = snapshot.pods.find(({ name }) => name === packet.pod.name);
        if (pod === undefined) throw new Error(`there is no pod ${packet.pod.name}`);
        const { address, port, protocol } = packet;
        const client = { ...clientOf(pod), meshed: meshMode(pod, {}, []) };
        const answer = judge(client, { address, port, protocol, appProtocol: 'tcp' });
        const end = endOf(facts, packet);
        counts[answer.certain ? 'right' : 'unknown'] += 1;
        if (end.fate === 'stopped') counts.stopped += 1;
        if (!answer.certain || end.fate === 'unclear') continue;
        const led = end.fate === 'out' ? `${end.at}:${end.port}` : 'stopped';
        if (led !== 'stopped' && led !== `${address}:${port}`) counts.led += 1;
        const said = answer.verdict === 'Accept' ? `${answer.outside.address}:${answer.outside.port}` : 'stopped';
        const right = said === led || (said === `${address}:${port}` && isBehindAnother(facts, packet));
        if (!right) throw new Error(`${told(packet)} is ${led}, and not ${said}: ${JSON.stringify(answer.steps)}`);
      }
    }),
    { seed: 15, numRuns: 200 },
  );
  expect(Math.min(counts.stopped, counts.led)).toBeGreaterThan(150);
  expect(counts.unknown / (counts.right + counts.unknown)).toBeLessThan(0.1);
});

it('is never called consistent with an intent and a firewall where a packet fares otherwise', async () => {
  const seen = { consistent: 0, differing: 0, unknown: 0, found: 0 };
  await fc.assert(
    fc.asyncProperty(meshWorld(world), intents, fc.constantFrom('Pod', 'Node'), async (facts, intent, vantage) => {
      const found = await verified(meshObjectsOf(facts), intent, vantage);
      const differing = packets.filter((packet) => differs(facts, intent, vantage, packet));
      if (found.consistent) expect(differing.map(told)).toEqual([]);
      seen[found.consistent ? 'consistent' : differing.length > 0 ? 'differing' : 'unknown'] += 1;
      // What is told as a bypass or as broken is one.
      for (const flow of [...found.perimeterOnly, ...found.blocked]) {
        const pod = pods.find((one) => `${one.namespace}/${one.name}` === flow.pod);
        if (pod === undefined || !/^[\d.]+$/.test(flow.destination)) continue;
        const packet = { pod, address: flow.destination, protocol: flow.protocol, port: flow.port };
        if (endOf(facts, packet).fate === 'unclear') continue;
        expect([told(packet), flow.rule, differs(facts, intent, vantage, packet)]).toEqual([
          told(packet),
          flow.rule,
          true,
        ]);
        seen.found += 1;
      }
    }),
    { seed: 16, numRuns: 200 },
  );
  expect(Math.min(seen.consistent, seen.differing, seen.found)).toBeGreaterThan(10);
});

/** Does what is sent elsewhere arrive there? Then whoever wants to can get there, too. */
function isBehindAnother(facts: MeshFacts, packet: Packet): boolean {
  return facts.entries.some(({ at, port, endpoint }) => {
    if (endpoint !== packet.address) return false;
    const end = endOf(facts, { ...packet, address: at.split('/')[0] ?? at, port });
    return end.fate === 'out' && end.at === packet.address && end.port === packet.port;
  });
}

/** Through its sidecar it fares otherwise than it should; or it gets out past it, as whoever takes a pod over has it do. */
function differs(facts: MeshFacts, intent: readonly Intent[], vantage: string, packet: Packet): boolean {
  const past = { ...facts, meshed: [] };
  return fares(facts, intent, vantage, packet) || (!isIntended(intent, packet) && fares(past, intent, vantage, packet));
}

/** It is to arrive, and arrives nowhere or elsewhere; or it arrives where it is not to. */
function fares(facts: MeshFacts, intent: readonly Intent[], vantage: string, packet: Packet): boolean {
  const end = endOf(facts, packet);
  if (end.fate === 'unclear' || (packet.pod.hostNetwork && vantage === 'Pod')) return false;
  const wanted = isIntended(intent, packet);
  if (end.fate !== 'out') return wanted;
  const there = { ...packet, address: end.at, port: end.port };
  const arrives = passes(intent, vantage, there);
  const isThere = end.at === packet.address && end.port === packet.port;
  return isThere ? wanted !== arrives : wanted || (arrives && !isIntended(intent, there));
}
