import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { parse } from 'yaml';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { AddressRecorder } from '../../src/audit/addresses/address-recorder.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { followCluster } from '../../src/controller/follow-cluster.ts';
import { startEmbedded, type Embedded } from '../../src/compose/embedded.ts';
import { runPostern, type Ran } from '../../src/cli/testing/run-postern.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import type { SyncReport } from '../../src/worker/sync-report.ts';
import { expectUnchanged } from '../kit/unchanged.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

/* What people see of a running system, on a real API server: statuses, events, gates, and the commands that read them. */

const crds = fileURLToPath(new URL('../../crds', import.meta.url));
const waiting = { timeout: 80_000, interval: 50 };
const group = '/apis/postern.dev/v1alpha1';

interface Seen {
  readonly status?: {
    readonly lastSyncTime?: string;
    readonly ready?: string;
    readonly points?: string;
    readonly policies?: number;
    readonly enforcementPoints?: readonly unknown[];
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

describe.runIf(hasKubeApiserver())('what people see', () => {
  const stop = new AbortController();
  const device = new MemorySimulator();
  const reports: SyncReport[] = [];
  let server: KubeApiserver;
  let api: Transport;
  let embedded: Embedded;
  let followed: Promise<void>;
  const directory = aFolder();

  const apply = async (text: string): Promise<void> => {
    expect(await server.kubectl(['apply', '--server-side', '-f', '-'], text)).toMatchObject({ code: 0 });
  };
  const get = async (path: string): Promise<Seen> => (await api.request({ path })) as Seen;
  const ready = (path: string, expected: string): Promise<void> =>
    vi.waitFor(async () => expect((await get(`${group}/${path}`)).status?.ready).toBe(expected), waiting);
  const events = async (kind: string, name: string): Promise<string[]> => {
    const path = '/apis/events.k8s.io/v1/events';
    const { items } = (await api.request({ path })) as {
      items: { regarding: { kind: string; name: string }; type: string; reason: string; note: string }[];
    };
    const own = items.filter(({ regarding }) => regarding.kind === kind && regarding.name === name);
    return own.map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
  };
  const postern = (...argv: readonly string[]): Promise<Ran> =>
    runPostern([...argv, '--kubeconfig', server.kubeconfig], { environment: { cluster: 'blue' }, signal: stop.signal });

  beforeAll(async () => {
    server = await startKubeApiserver();
    api = new Transport(fromKubeconfig({ path: server.kubeconfig }));
    expect(await server.kubectl(['apply', '-k', crds])).toMatchObject({ code: 0 });
    await vi.waitFor(
      async () => expect((await server.send('GET', `${group}/egresspolicies`)).status).toBe(200),
      waiting,
    );
    await apply(manifests);
    const memory = createMemoryAdapter(() => device);
    const common = { clock: systemClock, random: Math.random };
    embedded = startEmbedded({
      ...common,
      adapters: (kind) => Promise.resolve(kind === 'memory' ? memory : undefined),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      // Longer than any test: what is seen earlier was asked for.
      readBackAfterMs: 120_000,
      recheckEveryMs: 120_000,
      audit: new MemoryAuditStore(systemClock),
      report: (report) => reports.push(report),
      onError: () => undefined,
    });
    const onError = (error: unknown): never => expect.unreachable(String(error));
    const addresses = new AddressRecorder({ directory, clock: systemClock, term: 1, keepDays: 1, onError });
    const podGate = { afterMs: 60_000, then: 'Closed' } as const;
    const quiet = { report: () => undefined, onHealth: () => undefined, leads: () => true };
    const deps = {
      namespace: 'default',
      ...common,
      ...quiet,
      api,
      loop: embedded,
      outcomes: embedded.outcomes,
      readings: embedded.readings,
      podGate,
      addresses,
    };
    followed = followCluster(deps, stop.signal);
    await ready('enforcementpoints/edge', 'True');
  });

  afterAll(async () => {
    stop.abort();
    await followed;
    await embedded.close();
    api.close();
    await server.stop();
  });

  it('is what is in force, what is not and why, and how often something is used', async () => {
    await ready('namespaces/shop/egresspolicies/web', 'True');
    await ready('namespaces/shop/egresspolicies/lost', 'False');
    await vi.waitFor(async () => {
      expect((await get(`${group}/externalservices/payments`)).status).toMatchObject({ ready: 'True', policies: 1 });
    }, waiting);
    const { status } = await get(`${group}/namespaces/shop/egresspolicies/lost`);
    expect(status?.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`)).toEqual([
      'Accepted True Accepted',
      'Programmed False NothingToProgram',
      'ResolvedRefs False RefNotUsable',
    ]);
    expect((await server.kubectl(['get', 'exsvc'])).output).toMatch(/payments +True +1 +1\/1/);
  });

  it('is an event on the object, where kubectl describe looks for it', async () => {
    await vi.waitFor(async () => {
      expect(await events('EgressPolicy', 'lost')).toContainEqual(expect.stringMatching(/^Warning RefNotUsable: /));
      expect(await events('EnforcementPoint', 'edge')).toContainEqual(expect.stringMatching(/^Normal Programmed: /));
    }, waiting);
    const { output } = await server.kubectl(['describe', 'egp', '-n', 'shop', 'lost']);
    expect(output).toMatch(/Warning +RefNotUsable/);
  });

  it('does not change while nothing does', async () => {
    const paths = ['enforcementpoints/edge', 'externalservices/payments', 'namespaces/shop/egresspolicies/web'];
    // When the device was last read is renewed once a minute.
    const written = async (path: string): Promise<unknown> => {
      const { status: { lastSyncTime: _, ...status } = {} } = await get(`${group}/${path}`);
      return status;
    };
    await expectUnchanged(
      () => Promise.all(paths.map(written)),
      async () => {
        await embedded.publisher.recheck('edge');
        await embedded.settled();
        await systemClock.sleep(2_500);
      },
    );
  });

  it('is a pod that becomes ready when its address is live, and not before it was read back', async () => {
    const path = '/api/v1/namespaces/shop/pods';
    const condition = async (name: string) =>
      (await get(`${path}/${name}`)).status?.conditions?.find(({ type }) => type === 'postern.dev/perimeter');
    for (const name of ['gated', 'plain']) {
      const readinessGates = name === 'gated' ? [{ conditionType: 'postern.dev/perimeter' }] : [];
      const spec = { readinessGates, containers: [{ name: 'main', image: 'none' }] };
      await api.request({ method: 'POST', path, body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } });
    }
    reports.length = 0;
    for (const [name, ip] of [
      ['gated', '10.0.0.7'],
      ['plain', '10.0.0.8'],
    ] as const) {
      const running = { type: 'ContainersReady', status: 'True' };
      const body = { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [running] } };
      await api.request({
        method: 'PATCH',
        path: `${path}/${name}/status`,
        body,
        contentType: 'application/strategic-merge-patch+json',
      });
    }
    await vi.waitFor(
      async () => expect(await condition('gated')).toMatchObject({ status: 'True', reason: 'Live' }),
      waiting,
    );
    expect(device.verdict({ src: '10.0.0.7', dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action).toBe('Accept');
    expect(reports.some((report) => report.path === 'full' && report.result.state === 'programmed')).toBe(true);
    expect((await get(`${path}/gated`)).status?.conditions?.map(({ type }) => type)).toContain('ContainersReady');
    expect(await condition('plain')).toBeUndefined();
  });

  it('is that somebody changed the device, and that it was put right', async () => {
    device.tables = { ...device.tables, rule: device.tables.rule.map((rule) => ({ ...rule, log: !rule.log })) };
    await embedded.publisher.recheck('edge');
    await vi.waitFor(async () => {
      expect(await events('EnforcementPoint', 'edge')).toContainEqual(
        expect.stringMatching(/^Warning DriftHealed: .*log: false is desired, true was found.* Corrected\.$/),
      );
    }, waiting);
    expect(device.tables.rule.map(({ log }) => log)).toEqual([false]);
    await ready('namespaces/shop/egresspolicies/web', 'True');
  });

  it('is, in mode Observe, that it differs, and it is left as it is', async () => {
    await apply(point('Observe'));
    await vi.waitFor(
      () => expect(embedded.publisher.points().map(({ spec }) => spec.mode)).toEqual(['Observe']),
      waiting,
    );
    await embedded.settled();
    device.tables = { ...device.tables, rule: device.tables.rule.map((rule) => ({ ...rule, log: true })) };
    await embedded.publisher.recheck('edge');
    await ready('enforcementpoints/edge', 'False');
    await ready('namespaces/shop/egresspolicies/web', 'Unknown');
    await vi.waitFor(async () => {
      expect(await events('EnforcementPoint', 'edge')).toContainEqual(expect.stringMatching(/^Warning DriftFound: /));
    }, waiting);
    expect(device.tables.rule.map(({ log }) => log)).toEqual([true]);
    await apply(point('Enforce'));
    await ready('enforcementpoints/edge', 'True');
  });

  it('is postern survey: what leaves the cluster, of whatever kinds it has', async () => {
    const { code, out, err } = await postern('survey', '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { items } = (await get('/api/v1/pods')) as unknown as { items: readonly unknown[] };
    expect(JSON.parse(out)).toMatchObject({
      pods: items.length,
      reaches: { anywhere: items.length },
      namespaces: [{ namespace: 'shop', pods: items.length }],
    });
  });

  it('is postern who: whose an address is, and was, and what it reaches', async () => {
    const now = await postern('who', '10.0.0.7', '-o', 'json');
    expect(now).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(now.out)).toMatchObject({
      holders: [{ namespace: 'shop', pod: 'gated', workload: 'Pod/gated' }],
      doubts: [],
    });
    await vi.waitFor(async () => {
      const then = await postern('who', '10.0.0.7', '--record', '--audit-dir', directory, '-o', 'json');
      expect(JSON.parse(then.out)).toMatchObject({ holders: [{ namespace: 'shop', pod: 'gated', until: null }] });
    }, waiting);
  });

  it('is postern support-bundle: what there is, without what must not leave', async () => {
    const secret = 'hunter2-very-secret';
    await apply(`
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: leaky, annotations: { note: 'Authorization: Bearer ${secret}' } }
spec: { adapter: unheard-of, mode: Observe, config: { url: 'https://admin:${secret}@192.0.2.1/', token: ${secret} } }`);
    await apply(`
apiVersion: v1
kind: Namespace
metadata: { name: postern-system }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: postern, namespace: postern-system }
spec:
  selector: { matchLabels: { app: postern } }
  template:
    metadata: { labels: { app: postern } }
    spec: { containers: [{ name: main, image: none, env: [{ name: INNOCENT, value: ${secret} }] }] }`);
    const enforcing = (count: number): Promise<void> =>
      vi.waitFor(async () => {
        expect((await get(`${group}/namespaces/shop/egresspolicies/web`)).status?.enforcementPoints).toHaveLength(
          count,
        );
      }, waiting);
    await enforcing(2);
    const { code, out } = await postern('support-bundle', '-o', '-');
    await api.request({ method: 'DELETE', path: `${group}/enforcementpoints/leaky` });
    await enforcing(1);
    expect(code).toBe(0);
    expect(out).not.toContain(secret);
    const bundle = JSON.parse(out) as { objects: readonly { kind: string; metadata: { name: string } }[] };
    expect(bundle.objects.map(({ kind, metadata: { name } }) => `${kind}/${name}`)).toEqual(
      expect.arrayContaining(['EnforcementPoint/edge', 'EnforcementPoint/leaky', 'EgressPolicy/web']),
    );
    expect(bundle).toMatchObject({ postern: { node: process.versions.node }, leases: expect.any(Array) as unknown });
    expect(bundle).toMatchObject({
      sizes: { namespaces: expect.any(Number) as number, pods: 2 },
      pods: [],
      logs: [],
      settings: [],
    });
    expect(out).toMatch(/"name": "egresspolicies.postern.dev",\s+"storedVersions": \[\s+"v1alpha1"/);
    expect(out).toContain('192.0.2.1');
    expect(out).toContain('INNOCENT');
  });

  it('is postern status: a table, JSON, and an exit code', async () => {
    await ready('namespaces/shop/egresspolicies/web', 'True');
    // Of a watch that is opened again a point may say for a moment that not everything is seen.
    const table = async (...options: readonly string[]): Promise<Ran> => {
      const seen = await postern('status', ...options);
      expect(seen).toMatchObject({ code: 1, out: expect.not.stringContaining('not been read') as string });
      return seen;
    };
    const { out: plain } = await vi.waitFor(() => table(), waiting);
    expect(plain).toMatch(
      /^POINT +ADAPTER +MODE +READY +RULES +ADDRESSES +LIVE +MESSAGE\nedge +memory +Enforce +True +1\/1 +2 +\d\w+ +Read back/,
    );
    expect(plain).toMatch(/\nEgressPolicy +shop +lost +False +0\/0 +.*nowhere/);
    const { out } = await vi.waitFor(() => table('-o', 'json'), waiting);
    expect(JSON.parse(out)).toMatchObject({
      ready: false,
      points: [{ name: 'edge', ready: 'True' }],
      notReady: [{ name: 'lost' }],
    });
    expect(parse((await vi.waitFor(() => table('-o', 'yaml'), waiting)).out)).toMatchObject({
      points: [{ name: 'edge' }],
    });
    const wide = await vi.waitFor(() => table('-o', 'wide'), waiting);
    expect(wide.out).toMatch(/\nEgressPolicy +shop +web +True +1\/1 +- +- +/);
    const enough = new AbortController();
    const lines: string[] = [];
    const watching = runPostern(['status', '--watch', '-o', 'json', '--kubeconfig', server.kubeconfig], {
      signal: enough.signal,
      onOut: (text) => lines.push(text),
    });
    await vi.waitFor(() => expect(lines).not.toEqual([]), waiting);
    await api.request({ method: 'DELETE', path: `${group}/namespaces/shop/egresspolicies/lost` });
    await vi.waitFor(
      () => expect(lines.map((line) => JSON.parse(line) as unknown).at(-1)).toMatchObject({ ready: true }),
      waiting,
    );
    enough.abort();
    expect(await watching).toMatchObject({ code: 0, err: '' });
    expect(lines[0]).toContain('"ready":false');
    const allReady = { code: 0, out: expect.stringContaining('Every policy and service is ready.') as string };
    await vi.waitFor(async () => expect(await postern('status')).toMatchObject(allReady), waiting);
  });

  it('is what a shell completes: names of the cluster', async () => {
    const offered = async (...typed: readonly string[]): Promise<readonly string[]> =>
      (await runPostern(['__complete', '--', ...typed])).out.trimEnd().split('\n');
    const from = ['--kubeconfig', server.kubeconfig];
    expect(await offered('plan', ...from, '--point', 'ed')).toEqual(['edge', ':4']);
    expect(await offered('approve', ...from, 'shop/w')).toEqual(['shop/web', ':4']);
    expect(await offered('why', ...from, 'sh')).toEqual(['shop/', ':6']);
    expect(await offered('why', ...from, 'shop/ga')).toEqual(['shop/gated', ':4']);
  });

  it('is postern plan without files: the cluster is read', async () => {
    const { code, out, err } = await postern('plan', '-o', 'json');
    const { points } = JSON.parse(out) as { points: { name: string; changes: unknown[] }[] };
    expect([code, points.map(({ name }) => name).includes('edge')], err).toEqual([2, true]);
    expect(points.find(({ name }) => name === 'edge')?.changes).not.toEqual([]);
  });

  it('is postern drift: each difference with its name, and an exit code; nothing is written', async () => {
    // The command has a device of its own, which is empty: everything is missing there.
    const { code, out, err } = await postern('drift', '-o', 'json');
    expect({ code, err }).toEqual({ code: 2, err: '' });
    const { drift, points } = JSON.parse(out) as {
      drift: boolean;
      points: { differences: { what: string; kind: string }[] }[];
    };
    expect([drift, points[0]?.differences.map(({ what, kind }) => `${what} ${kind}`)]).toEqual([
      true,
      ['missing group', 'missing rule'],
    ]);
    expect((await postern('drift')).out).toMatch(
      /^edge \(memory\): 2 differences\n {2}group \S+ is missing\n {2}rule \S+ is missing\n$/,
    );
    expect(await postern('drift', '--point', 'core')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there are: edge') as string,
    });
  });

  it('is a point that is let go: its rules stay on the device, and policies say that nobody enforces them', async () => {
    expect(await postern('withdraw', '--point', 'edge')).toMatchObject({
      code: 1,
      err: expect.stringContaining('mode Enforce') as string,
    });
    const before = device.tables;
    await api.request({ method: 'DELETE', path: `${group}/enforcementpoints/edge` });
    await ready('namespaces/shop/egresspolicies/web', 'False');
    expect(device.tables).toEqual(before);
    await apply(point('Enforce'));
    await ready('namespaces/shop/egresspolicies/web', 'True');
  });
});

const point = (mode: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: ${mode}, vantage: { type: Pod } }
`;

const manifests = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: default, namespace: shop }
---
apiVersion: postern.dev/v1alpha1
kind: ExternalService
metadata: { name: payments }
spec: { networks: [203.0.113.0/24], ports: [{ port: 443 }], allNamespaces: true }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ externalService: payments }] }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: lost, namespace: shop }
spec: { subject: { allPods: true }, to: [{ externalService: nowhere }] }
---${point('Enforce')}`;
