import { expect } from 'vitest';
import type { Why } from '../../../../verify/why/step.ts';
import { runPostern } from '../../../testing/run-postern.ts';

/** Asks `postern why` about these documents; problems fail the test. */
export async function why(pod: string, to: string, ...documents: readonly string[]): Promise<Why> {
  const { out, err } = await runPostern(['why', pod, to, '-f', '-', '-o', 'json'], {
    stdin: documents.join('\n---\n'),
  });
  expect(err).toBe('');
  return JSON.parse(out) as Why;
}

/** A live pod of namespace shop whose label and ServiceAccount are its name; all of them have one address. */
export function pod(name: string, created: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} }, creationTimestamp: '${created}'${more} }
spec: { serviceAccountName: ${name}, containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }`;
}

/** A point that enforces, and a policy that lets all of namespace shop out to port 443 of these. */
export function perimeterTo(destinations: string): string {
  return `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: all, namespace: shop }
spec: { subject: { allPods: true }, to: [{ ${destinations}, ports: [{ port: 443 }] }] }`;
}

export const perimeter = perimeterTo('networks: [203.0.113.0/24]');
