import { expect, it } from 'vitest';
import { runPostern } from '../testing/run-postern.ts';

/* What a cluster is called that nobody names. */

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }`;

const point = (name: string, cluster: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: ${name} }
spec: { adapter: memory, mode: Enforce }
status: { writesTo: 'memory ${name}, cluster ${cluster}' }`;

it.each([
  ['why', ['shop/web', '203.0.113.7:443']],
  ['verify', []],
])('%s refuses to guess where points wrote for several, unless one is named', async (command, about) => {
  const stdin = [pod, point('edge', 'east'), point('core', 'west'), point('other', 'east')].join('\n---\n');
  const ask = (...more: readonly string[]) => runPostern([command, ...about, '-f', '-', ...more], { stdin });
  const { code, out, err } = await ask();
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('write for several, west (core) and east (edge, other): give --cluster');
  expect((await ask('--cluster', 'west')).err).not.toContain('several');
  expect((await ask('--point', 'core')).err).not.toContain('several');
});
