import { expect, it } from 'vitest';
import type { ObjectChange, Pod, Snapshot } from '../model/snapshot.ts';
import { Compiler } from './compiler.ts';
import { changesOf, namespace, pod, point, policy } from './testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const everywhere = { networks: ['0.0.0.0/0', '::/0'] };

function compiled(parts: Partial<Snapshot>): Compiler {
  const compiler = new Compiler();
  compiler.apply(changesOf({ enforcementPoints: [point('edge')], ...parts }), now);
  return compiler;
}

it('answers nothing and takes in nothing else while a round is under way, and everything once it is over', () => {
  const compiler = compiled({ pods: [pod('shop/a')], egressPolicies: [policy('shop/out', { to: [everywhere] })] });
  const deny = policy('shop/deny', { action: 'Deny', to: [everywhere] });
  const round = compiler.applying(changesOf({ egressPolicies: [deny] }), now);
  expect(compiler.desired('edge')?.rules).toHaveLength(1);
  let steps = 0;
  for (let step = round.next(); step.done !== true; step = round.next()) {
    steps += 1;
    for (const ask of [
      () => compiler.desired('edge'),
      () => compiler.problems(),
      () => compiler.overGrants('edge'),
      () => compiler.supersededBy('shop/a'),
      () => compiler.endedAmong([]),
      () => compiler.apply([], now),
    ])
      expect(ask).toThrow('is being compiled');
  }
  expect(steps).toBeGreaterThan(0);
  expect(compiler.desired('edge')?.rules[0]?.action).toBe('Deny');
});

it('compiles what is large a little at a time: objects, policies, namespaces, and the pods of one group', () => {
  const steps = (changes: ObjectChange[], compiler = new Compiler()): number =>
    [...compiler.applying(changes, now)].length;
  const podsIn = (count: number): Pod[] =>
    Array.from({ length: count }, (_, i) => pod(`shop/p-${i}`, { addresses: [`10.1.${i >> 8}.${i & 255}`] }));
  const longPolicy = (entries: number): ObjectChange[] => {
    const to = Array.from({ length: entries }, (_, i) => ({ networks: [`192.0.${i}.0/24`] }));
    return changesOf({ egressPolicies: [policy('shop/long', { to })] });
  };
  const policiesIn = (count: number): ObjectChange[] =>
    changesOf({
      egressPolicies: Array.from({ length: count }, (_, i) => policy(`n-${i}/out`, { to: [everywhere] })),
    });
  const ofPoint = (count: number): number => {
    const compiler = new Compiler();
    const egressPolicies = [policy('shop/out', { to: [everywhere] })];
    compiler.apply(changesOf({ pods: podsIn(count), egressPolicies }), now);
    return steps(changesOf({ enforcementPoints: [point('edge')] }), compiler);
  };
  expect(steps(changesOf({ pods: podsIn(320) }))).toBe(20);
  expect(steps(changesOf({ namespaces: Array.from({ length: 5 }, (_, i) => namespace(`n-${i}`)) }))).toBe(5);
  expect(steps(policiesIn(320)) - steps(policiesIn(160))).toBe(20); // taken in, resolved
  expect(steps(longPolicy(100)) - steps(longPolicy(1))).toBeGreaterThanOrEqual(100);
  expect(steps(policiesIn(320), compiled({})) - steps(policiesIn(160), compiled({}))).toBe(190); // and rules and groups of each
  expect(ofPoint(20_000) - ofPoint(1)).toBe(3);
});
