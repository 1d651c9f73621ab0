import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPlainPod } from './plain-pod.ts';
import { readBySchema, readPod } from './pod.ts';

const odd = fc.constantFrom<unknown>(null, 7, true, '', [], {}, [null], { a: 1 }, Number.NaN);
const or = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 150, arbitrary: usual }, { weight: 1, arbitrary: odd });
const fields = (of: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  or(fc.record(Object.fromEntries(Object.entries(of).map(([name, usual]) => [name, or(usual)])), { requiredKeys: [] }));
const text = fc.constantFrom('a', 'shop', 'web-7d9f-x', '2026-01-01T00:00:00Z');
const address = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('10.0.0.1', '2001:DB8::1') },
  { weight: 1, arbitrary: fc.constantFrom('fe80::1%eth0', '010.0.0.1', '::ffff:10.0.0.1') },
);
const map = fc.dictionary(
  fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('app', 'sidecar.istio.io/status', 'k8s.v1.cni.cncf.io/network-status') },
    { weight: 1, arbitrary: fc.constant('__proto__') },
  ),
  or(text),
);
const pods = fc.record({
  metadata: fc.record(
    {
      name: or(text),
      namespace: or(text),
      uid: or(text),
      labels: or(map),
      annotations: or(map),
      creationTimestamp: or(text),
      deletionTimestamp: or(text),
      deletionGracePeriodSeconds: or(fc.nat()),
      ownerReferences: or(fc.array(fields({ kind: text, name: text, controller: fc.boolean() }), { maxLength: 2 })),
      managedFields: odd,
    },
    { requiredKeys: ['name'] },
  ),
  spec: fields({
    serviceAccountName: text,
    serviceAccount: text,
    nodeName: text,
    hostNetwork: fc.boolean(),
    readinessGates: fc.array(fields({ conditionType: fc.constantFrom('a', 'postern.dev/perimeter') }), {
      maxLength: 2,
    }),
  }),
  status: fields({
    phase: fc.constantFrom('Running', 'Running', 'Failed', 'Failed', 'Hibernated'),
    reason: text,
    startTime: text,
    podIP: address,
    podIPs: fc.array(fields({ ip: address }), { maxLength: 3 }),
    conditions: fc.array(fields({ type: fc.constant('postern.dev/perimeter'), status: fc.constant('True') })),
  }),
});

it('reads every pod, and refuses every other thing, as the schema does', () => {
  let plain = 0;
  const property = fc.property(pods, (pod) => {
    if (isPlainPod(pod)) plain += 1;
    expect(readPod(pod)).toEqual(readBySchema(pod));
  });
  fc.assert(property, { seed: 20260101, numRuns: 2_000 });
  expect(plain).toBeGreaterThan(300);
});

it.each([[undefined], [null], ['pod'], [[]], [{}], [{ metadata: { name: 'a' } }], [{ metadata: [], spec: {} }]])(
  'leaves %j to the schema',
  (input) => {
    expect(isPlainPod(input)).toBe(false);
    expect(readPod(input)).toEqual(readBySchema(input));
  },
);
