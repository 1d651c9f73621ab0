import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { FakeApiServer, refusal, type Fault } from '../../test/kit/api-server.ts';
import { aNamespace, aPoint } from '../../test/kit/builders.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { systemClock } from '../compose/clock.ts';
import { startEmbedded, type Embedded } from '../compose/embedded.ts';
import { Transport } from '../kube/client/transport.ts';
import type { InformerHealth } from '../kube/informer/informer.ts';
import { followCluster } from './follow-cluster.ts';

const waiting = { timeout: 30_000, interval: 5 };
const policies = '/apis/postern.dev/v1alpha1/egresspolicies';
const pods = '/api/v1/pods';

let fake: FakeApiServer;
let device: MemorySimulator;
let embedded: Embedded;
let api: Transport;
let health: InformerHealth;
let followed: Promise<void>;
let stop: AbortController;
let fault: Error | undefined;

const permits = (src: string): boolean =>
  device.verdict({ src, dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action === 'Accept';
const pod = (name: string, podIP: string) => ({
  metadata: { name, namespace: 'shop', labels: { app: 'web' } },
  spec: { nodeName: 'node-1' },
  status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] },
});
const policy = (name: string) => ({
  metadata: { name, namespace: 'shop' },
  spec: {
    subject: { podSelector: { matchLabels: { app: 'web' } } },
    to: [{ networks: ['203.0.113.0/24'], allPorts: true }],
  },
});

beforeEach(async () => {
  [stop, fault] = [new AbortController(), undefined];
  fake = await FakeApiServer.start();
  // Nothing can be written there, and there are no approvals.
  fake.instead = ({ method }) => (method === 'GET' ? undefined : [404, { kind: 'Status', code: 404 }]);
  device = new MemorySimulator();
  const { spec } = aPoint();
  fake.put({ metadata: { name: 'edge' }, spec }, '/apis/postern.dev/v1alpha1/enforcementpoints');
  fake.put({ metadata: { name: aNamespace().name } }, '/api/v1/namespaces');
  api = new Transport(fake.credentials());
  const common = { clock: systemClock, random: Math.random, report: () => undefined, onError: () => undefined };
  const memory = createMemoryAdapter(() => device);
  embedded = startEmbedded({
    ...common,
    adapters: () => Promise.resolve(memory),
    secrets: () => Promise.resolve(undefined),
    owner: { cluster: 'blue' },
    readBackAfterMs: 120_000,
    recheckEveryMs: 120_000,
    audit: new MemoryAuditStore(systemClock),
  });
  const { outcomes, readings } = embedded;
  const onHealth = (now: InformerHealth): void => void (health = now);
  const deps = { ...common, api, namespace: 'postern-system', loop: embedded, outcomes, readings, onHealth };
  fake.put(pod('a', '10.0.0.1'), pods);
  fake.put(policy('out'), policies);
  const addresses = {
    changes: (): void => {
      if (fault) throw fault;
    },
    run: () => Promise.resolve(),
  };
  followed = followCluster({ ...deps, addresses, leads: () => true }, stop.signal);
});

afterEach(async () => {
  stop.abort();
  await followed;
  await embedded.close();
  api.close();
  await fake.stop();
});

it('lets no pod out by a policy that was gone before it, while the watch of policies is not back', async () => {
  await vi.waitFor(() => expect(permits('10.0.0.1')).toBe(true), waiting);
  let wrong = false;
  device.onRequest(() => (wrong ||= permits('10.0.0.2')));
  const atPolicies: Fault = (request, response, proceed) =>
    request.path === policies ? refusal(503, 'Unavailable')(request, response, proceed) : proceed();
  fake.misbehave('watch', atPolicies, Infinity);
  fake.say('{"type":"ERROR","object":{"code":500}}\n', policies);
  await vi.waitFor(() => expect(health).toMatchObject({ healthy: true, caughtUp: false }), waiting);
  fake.remove('out', policies, 'shop');
  fake.put(pod('b', '10.0.0.2'), pods);
  fake.remove('a', pods, 'shop');
  // Later than the pod that came, by the same watch: who has ended is shut out all the while.
  await vi.waitFor(() => expect(permits('10.0.0.1')).toBe(false), waiting);
  // A list would not tell that it was seen to end.
  expect(fake.requests.filter(({ kind, path }) => kind === 'list' && path === pods)).toHaveLength(1);
  fake.behave();
  await vi.waitFor(() => expect(health.caughtUp).toBe(true), waiting);
  await embedded.settled();
  expect([wrong, permits('10.0.0.2')]).toEqual([false, false]);
  fake.put(policy('again'), policies);
  await vi.waitFor(() => expect(permits('10.0.0.2')).toBe(true), waiting);
});

it('shuts out who ends although somebody else who follows what changes fails', async () => {
  await vi.waitFor(() => expect(permits('10.0.0.1')).toBe(true), waiting);
  fault = new Error('out of order');
  fake.remove('a', pods, 'shop');
  await vi.waitFor(() => expect(permits('10.0.0.1')).toBe(false), waiting);
});
