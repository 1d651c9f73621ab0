import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/compose/clock.ts';
import type { ObjectChange, Pod } from '../../src/core/model/snapshot.ts';
import { servedKind } from '../../src/kube/informer/kind-removal.ts';
import { serverSideApply } from '../../src/kube/objects/server-side-apply.ts';
import { ClusterInformer } from '../../src/kube/informer/informer.ts';
import type { Credentials } from '../../src/kube/client/transport.ts';
import { EventRecorder } from '../../src/kube/objects/event-recorder.ts';
import { fromKubeconfig } from '../../src/kube/client/kubeconfig.ts';
import { describeMissing, missingPermissions, toFollow } from '../../src/kube/objects/permissions.ts';
import { Transport } from '../../src/kube/client/transport.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

const crds = fileURLToPath(new URL('../../crds', import.meta.url));
const scripts = fileURLToPath(new URL('../../../shared/kubernetes/', import.meta.url));
const contender = fileURLToPath(new URL('kube-contender.ts', import.meta.url));
const run = promisify(execFile);
const waiting = { timeout: 90_000, interval: 20 };
const pods = '/api/v1/namespaces/shop/pods';

/** The cluster as the changes that were handed on describe it. */
class Followed {
  readonly objects = new Map<string, ObjectChange['object']>();
  readonly removals: string[] = [];
  readonly source: ClusterInformer;
  readonly #stop = new AbortController();
  readonly #transport: Transport;
  readonly #done: Promise<void>;

  constructor(credentials: Credentials) {
    this.#transport = new Transport(credentials);
    this.source = new ClusterInformer({
      api: this.#transport,
      clock: systemClock,
      random: Math.random,
      onChanges: (changes) => {
        for (const change of changes) this.#take(change);
        return Promise.resolve();
      },
      onHealth: () => undefined,
      report: (message) => this.removals.push(`report: ${message}`),
      unhealthyAfterMs: 1_000,
      timing: { pageSize: 2, backoff: { baseMs: 50, maxMs: 500 } },
    });
    this.#done = this.source.run(this.#stop.signal);
  }

  pod(name: string): Pod | undefined {
    return this.objects.get(`Pod shop/${name}`) as Pod | undefined;
  }

  async synced(): Promise<void> {
    await vi.waitFor(() => expect([this.source.synced, this.source.health.message]).toEqual([true, '']), waiting);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.#transport.close();
  }

  #take({ kind, key, object, cause }: ObjectChange): void {
    if (object !== undefined) this.objects.set(`${kind} ${key}`, object);
    else if (this.objects.delete(`${kind} ${key}`)) this.removals.push(`${kind} ${key} ${cause}`);
  }
}

describe.runIf(hasKubeApiserver())('a real kube-apiserver', () => {
  let server: KubeApiserver;
  let admin: Transport;
  let followed: Followed | undefined;

  beforeAll(async () => {
    server = await startKubeApiserver();
    admin = new Transport(fromKubeconfig({ path: server.kubeconfig }));
    expect(await server.kubectl(['apply', '-k', crds])).toMatchObject({ code: 0 });
    expect(await server.kubectl(['apply', '-f', '-'], manifests)).toMatchObject({ code: 0 });
    const policies = '/apis/postern.dev/v1alpha1/egresspolicies';
    await vi.waitFor(async () => expect((await server.send('GET', policies)).status).toBe(200), waiting);
    expect(await server.kubectl(['apply', '-f', '-'], policy)).toMatchObject({ code: 0 });
  });

  afterEach(async () => {
    await followed?.stop();
    followed = undefined;
  });

  afterAll(async () => {
    admin.close();
    await server.stop();
  });

  const makePod = (name: string, labels = {}, uid?: string) =>
    admin.request({ method: 'POST', path: pods, body: { ...podOf(name, labels), ...(uid && { uid }) } });
  const deletePod = (name: string) =>
    admin.request({ method: 'DELETE', path: `${pods}/${name}`, query: { gracePeriodSeconds: 0 } });
  const patch = (name: string, body: unknown, subresource = '') =>
    admin.request({
      method: 'PATCH',
      path: `${pods}/${name}${subresource}`,
      body,
      contentType: 'application/merge-patch+json',
    });
  const address = (name: string, ip: string) =>
    patch(name, { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } }, '/status');

  it('shows a pod made, addressed, relabelled, completed, replaced and deleted', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await makePod(name, { app: name });
    followed = new Followed(fromKubeconfig({ path: server.kubeconfig }));
    const { objects, removals } = followed;
    await followed.synced();
    const kindsSeen = new Set([...objects.keys()].map((key) => key.split(' ')[0]));
    expect([...kindsSeen].sort()).toEqual(['EgressPolicy', 'Namespace', 'Node', 'Pod', 'ServiceAccount']);
    expect(objects.get('Namespace shop')).toMatchObject({ name: 'shop', labels: { team: 'shop' } });
    expect(objects.get('Node node-1')).toEqual({ name: 'node-1', labels: {}, addresses: [] });

    await address('a', '10.1.0.1');
    await vi.waitFor(() => expect(followed?.pod('a')?.addresses).toEqual(['10.1.0.1']), waiting);
    await patch('a', { metadata: { labels: { app: 'moved' } } });
    await vi.waitFor(() => expect(followed?.pod('a')?.labels).toEqual({ app: 'moved' }), waiting);
    await patch('a', { status: { phase: 'Succeeded' } }, '/status');
    await vi.waitFor(() => expect(followed?.pod('a')?.phase).toBe('Succeeded'), waiting);
    const before = followed.pod('b')?.uid;
    await deletePod('b');
    await makePod('b');
    await vi.waitFor(() => expect([undefined, before]).not.toContain(followed?.pod('b')?.uid), waiting);
    expect(await server.kubectl(['delete', 'pod', '-n', 'shop', 'c', '--grace-period=0', '--force'])).toMatchObject({
      code: 0,
    });
    await vi.waitFor(() => expect(removals).toEqual(['Pod shop/b watch', 'Pod shop/c watch']), waiting);
  });

  it('restarts: that is ill health for as long as it lasts, and afterwards nothing was lost', async ({ skip }) => {
    if (!existsSync(scripts)) {
      console.warn('SKIPPED, no control-plane scripts that can restart the server');
      skip();
    }
    followed = new Followed(fromKubeconfig({ path: server.kubeconfig }));
    await followed.synced();
    const count = followed.objects.size;
    const folder = dirname(server.kubeconfig);
    await run(`${scripts}down`, [folder]);
    await vi.waitFor(() => expect(followed?.source.health.message).toMatch(/pods (unreachable|stalled)/), waiting);
    expect(followed.source.health.healthy).toBe(false);
    await run(`${scripts}up`, [folder]);
    await deletePod('d');
    await makePod('f');
    await followed.synced();
    await vi.waitFor(() => expect(followed?.pod('f')).toBeDefined(), waiting);
    await vi.waitFor(() => expect(followed?.pod('d')).toBeUndefined(), waiting);
    expect(followed.removals.filter((removal) => !removal.startsWith('Pod shop/d '))).toEqual([]);
    expect(followed.objects.size).toBe(count);
  });

  it('tells of a kind that it is on its way out before the first of its objects goes, and that it came anew', async () => {
    const name = 'egressdelegations.postern.dev';
    const type = { apiVersion: 'postern.dev/v1alpha1', plural: 'egressdelegations', definition: name };
    const served = (before?: string) => servedKind(admin, type, before, new AbortController().signal);
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    const finalizers = (...held: readonly string[]) =>
      admin.request({
        method: 'PATCH',
        path,
        body: { metadata: { finalizers: held } },
        contentType: 'application/merge-patch+json',
      });
    const first = await served();
    expect(first).toEqual({ leaves: false, uid: z.uuid().parse(first.uid) });
    await finalizers('example.com/wait');
    await admin.request({ method: 'DELETE', path });
    expect(await served(first.uid)).toEqual({ leaves: true, uid: first.uid });
    await finalizers();
    await vi.waitFor(async () => expect(await served(first.uid)).toEqual({ leaves: true, uid: undefined }), waiting);
    expect(await server.kubectl(['apply', '-k', crds])).toMatchObject({ code: 0 });
    const second = await served(first.uid);
    expect(second).toEqual({ leaves: false, uid: z.uuid().parse(second.uid) });
    expect(second.uid).not.toBe(first.uid);
  });

  it('allows what a role grants and no more: what is missing is named, verb by verb', async () => {
    const limited = new Transport(await serviceAccount('limited'));
    const needed = toFollow([
      { apiVersion: 'v1', plural: 'pods' },
      { apiVersion: 'postern.dev/v1alpha1', plural: 'egresspolicies' },
    ]);
    expect(describeMissing(await missingPermissions(limited, needed))).toBe(
      'permissions are missing, grant: watch on pods; list, watch on egresspolicies.postern.dev',
    );
    expect(await missingPermissions(admin, needed)).toEqual([]);
    limited.close();
  });

  it('refuses to let pods be watched: they are listed, and the health says which verb is missing', async () => {
    followed = new Followed(await serviceAccount('limited'));
    await vi.waitFor(() => expect(followed?.pod('a')).toBeDefined(), waiting);
    const said = 'pods denied: may list pods but not watch them: grant watch on pods';
    await vi.waitFor(() => expect(followed?.source.health.message).toContain(said), waiting);
    expect(followed.source.synced).toBe(false);
  });

  it('does not accept a token: a new one is fetched and nobody notices', async () => {
    const good = await serviceAccount('limited');
    const { ca } = await good.options();
    const expired = { ca, headers: { authorization: 'Bearer expired' } };
    let refreshed = 0;
    const options = () => (refreshed === 0 ? Promise.resolve(expired) : good.options());
    const renewed = new Transport({ ...good, options, refresh: () => void (refreshed += 1) });
    const missing = await missingPermissions(renewed, toFollow([{ apiVersion: 'v1', plural: 'pods' }]));
    expect([missing.map(({ verb }) => verb), refreshed]).toEqual([['watch'], 1]);
    renewed.close();
  });

  it('takes fields by server-side apply, and names the manager in whose way they are', async () => {
    const object = {
      apiVersion: 'postern.dev/v1alpha1',
      kind: 'EgressPolicy',
      metadata: { name: 'p', namespace: 'shop' },
    };
    const condition = {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = { observedGeneration: 1, conditions: [condition] };
    const options = { fieldManager: 'postern', force: true } as const;
    const applied = await serverSideApply(
      admin,
      'egresspolicies',
      { ...object, status },
      { ...options, subresource: 'status' },
    );
    expect(applied).toMatchObject({ spec: { action: 'Accept' }, status: { conditions: [{ type: 'Accepted' }] } });

    const label = { ...object, metadata: { ...object.metadata, labels: { team: 'one' } } };
    await serverSideApply(admin, 'egresspolicies', label, options);
    const other = { ...object, metadata: { ...object.metadata, labels: { team: 'two' } } };
    const conflict = serverSideApply(admin, 'egresspolicies', other, { fieldManager: 'other', force: false });
    await expect(conflict).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    const stale = { ...label, metadata: { ...label.metadata, uid: '00000000-0000-0000-0000-000000000000' } };
    const applying = serverSideApply(admin, 'egresspolicies', stale, options);
    await expect(applying).rejects.toMatchObject({ status: expect.toBeOneOf([409, 422]) as number });
  });

  it('shows events to kubectl', async () => {
    const report = (message: string): never => expect.fail(message);
    const recorder = new EventRecorder({
      api: admin,
      clock: systemClock,
      random: Math.random,
      instance: 'test',
      report,
    });
    const regarding = { apiVersion: 'postern.dev/v1alpha1', kind: 'ExternalService', name: 'github' };
    await recorder.record({
      regarding,
      type: 'Warning',
      reason: 'NameUnresolved',
      action: 'Resolve',
      note: 'no such host',
    });
    const { output } = await server.kubectl(['get', 'events', '-n', 'default', '-o', 'wide']);
    expect(output).toMatch(/Warning\s+NameUnresolved\s+externalservice\/github.*no such host/);
  });

  it('keeps one leader: killed, it is replaced when its lease has run out; asked to go, at once', async () => {
    const contenders = ['first', 'second', 'third'].map(contend);
    const leaderAfter = async (token: number) => {
      const found = (): [number, (typeof contenders)[number]][] =>
        contenders
          .flatMap((each) => each.said.map((words) => [Number(words.replace('leads ', '')), each] as const))
          .flatMap(([led, each]) => (led > token ? [[led, each]] : []));
      await vi.waitFor(() => expect(found()).toHaveLength(1), waiting);
      return found()[0]!;
    };
    const [first, killed] = await leaderAfter(0);
    const killedAt = Date.now();
    killed.process.kill('SIGKILL');
    const [second, asked] = await leaderAfter(first);
    expect(Date.now() - killedAt).toBeGreaterThan(1_000);
    asked.process.kill('SIGTERM');
    const [third, other] = await leaderAfter(second);
    expect([killed.said, asked.said, other.said]).toEqual([
      [`leads ${first}`],
      [`leads ${second}`, 'stops'],
      [`leads ${third}`],
    ]);
    const ended = once(other.process, 'exit');
    other.process.kill('SIGTERM');
    await ended;
    const lease = await admin.request({ path: '/apis/coordination.k8s.io/v1/namespaces/default/leases/postern' });
    expect(lease).toMatchObject({ spec: { holderIdentity: '', leaseTransitions: third } });
  });

  function contend(identity: string): { readonly process: ChildProcess; readonly said: string[] } {
    const args = ['--import', 'tsx', contender, server.kubeconfig, identity];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    child.stdout.on('data', (data: Buffer) => said.push(...data.toString().trim().split('\n')));
    return { process: child, said };
  }

  /** Credentials of a service account of namespace shop, made new. */
  async function serviceAccount(name: string): Promise<Credentials> {
    const base = fromKubeconfig({ path: server.kubeconfig });
    const path = `/api/v1/namespaces/shop/serviceaccounts/${name}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { status } = (await admin.request({ method: 'POST', path, body })) as { status: { token: string } };
    const { ca } = await base.options();
    const headers = { authorization: `Bearer ${status.token}` };
    return { ...base, options: () => Promise.resolve({ ca, headers }), refresh: () => undefined };
  }
});

const podOf = (name: string, labels: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { containers: [{ name: 'main', image: 'none' }] },
});

const policy = `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: p, namespace: shop }
spec: { subject: { allPods: true }, action: Accept, to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }] }
`;

const manifests = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop } }
---
apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: limited, namespace: shop }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: limited }
rules:
  - { apiGroups: [''], resources: [pods], verbs: [list] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: limited }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: limited }
subjects: [{ kind: ServiceAccount, name: limited, namespace: shop }]
`;
