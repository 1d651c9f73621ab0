import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { until } from '../kit/redis-server.ts';
import { permitted } from '../live/flows.ts';
import { policyManifest } from '../live/manifests.ts';
import { describeLive, leftAlone } from '../live/rig.ts';
import { Installed, type Started } from './installed.ts';
import { compare, recordedWrites, seenBy, type Comparison, type RecordedWrite, type SeenRequest } from './recorded.ts';
import { expectUsed, listsOfTheWatched, permits, rightsIn, told } from './rights.ts';
import { expectApproval } from './approval.ts';
import { gatedPod, named, networkPoint } from './scenario.ts';

const choice = {
  variant: 'base',
  components: ['redis', 'pod-gate', 'in-mesh-network-policy'],
  patches: [named('blue')],
} as const;

/** What everybody who is known to the API server may do (ClusterRole system:basic-user). */
const everybodys: ReadonlySet<string> = new Set(
  ['postern-controller', 'postern-worker'].map(
    (account) => `${account}: create selfsubjectaccessreviews.authorization.k8s.io`,
  ),
);

describeLive('The shipped installation', () => {
  let installed: Installed;
  let seen: readonly SeenRequest[];
  let controller: Started;
  let worker: Started;

  const kubectl = (...args: readonly string[]): Promise<string> => installed.world.kubectl(args);
  const jobs = (to: string): Promise<string> =>
    installed.world.apply(policyManifest('jobs', { to: [{ externalService: to }] }));
  /** Kills it when the firewall has made the next address, and has not said so yet. */
  const killAtNextAddress = async (victim: Started, change: () => Promise<unknown>): Promise<void> => {
    let isDue = true;
    installed.firewall.onRequest(({ method, path }) => {
      const isAddress = method === 'POST' && path.includes('/firewall/address?');
      if (isDue && isAddress) void victim.process.kill();
      isDue &&= !isAddress;
    });
    await change();
    await until('it is killed half way', () => !victim.process.alive, 20_000);
  };

  beforeAll(async () => {
    installed = await Installed.start(choice);
    seen = seenBy(installed.firewall);
    controller = await installed.run('postern-controller');
    worker = await installed.run('postern-worker');
    await installed.world.addPod('web-1', { app: 'web', ip: '10.7.0.1' });
    expect(await installed.converged()).toEqual(['10.7.0.1 -> 203.0.113.10:443']);
  });
  afterAll(() => installed.stop());

  it('answers the probes of its Deployments', async () => {
    for (const { url, probes } of [controller, worker]) {
      await until('it is ready', async () => (await fetch(url + probes.ready)).status === 200);
      expect((await fetch(url + probes.live)).status).toBe(200);
    }
  });

  it('follows policies and pods as they come, change and go', async () => {
    const { world } = installed;
    await jobs('ledger');
    await world.addPod('job-1', { app: 'job', ip: '10.7.0.2' });
    expect(await installed.converged()).toContain('10.7.0.2 -> 198.51.100.7:5435');
    await world.addPod('web-2', { app: 'web', ip: '10.7.0.3' });
    await installed.converged();
    await jobs('github');
    expect(await installed.converged()).toContain('10.7.0.2 -> github.com:443');
    await world.deletePod('web-2');
    await world.labelPod('web-1', { app: 'retired' });
    await installed.converged();
    await world.labelPod('web-1', { app: 'web' });
    await kubectl('delete', 'egp', '-n', 'shop', 'jobs');
    expect(await installed.converged()).toEqual(['10.7.0.1 -> 203.0.113.10:443']);
  });

  it('lets a pod become ready once its address is on the firewall', async () => {
    await installed.world.apply(gatedPod);
    await installed.world.setStatus('gated', { phase: 'Running', podIP: '10.7.0.4', podIPs: [{ ip: '10.7.0.4' }] });
    await kubectl('wait', '-n', 'shop', 'pod/gated', '--for=condition=postern.dev/perimeter', '--timeout=120s');
    expect(await installed.converged()).toContain('10.7.0.4 -> 203.0.113.10:443');
  });

  it('has what goes beyond a delegation wait until somebody approves it', () => expectApproval(installed));

  it('keeps NetworkPolicies in step, whatever others do to them', async () => {
    await kubectl('label', 'namespace', 'shop', 'team=shop');
    await installed.world.apply(networkPoint);
    const ours = ['-n', 'shop', '-l', 'app.kubernetes.io/managed-by=postern'];
    const names = async (): Promise<readonly string[]> =>
      (await kubectl('get', 'networkpolicies', ...ours, '-o', 'name')).split('\n').filter((line) => line !== '');
    const ingress = (): Promise<string> =>
      kubectl('get', 'networkpolicies', ...ours, '-o', 'jsonpath={.items[*].spec.ingress}');
    const state = async (): Promise<readonly [count: number, ingress: string]> => [
      (await names()).length,
      await ingress(),
    ];
    const becomes = (...expected: readonly [count: number, ingress: string]): Promise<void> =>
      vi.waitFor(async () => expect(await state()).toEqual(expected), { timeout: 80_000, interval: 100 });
    // The baseline, and a grant for `pay`.
    await becomes(2, '');
    const [first = ''] = await names();
    const wide = ['--type=merge', '-p', '{"spec":{"ingress":[{}]}}', '-o', 'jsonpath={.spec.ingress}'];
    expect(await kubectl('patch', '-n', 'shop', first, ...wide)).toBe('[{}]');
    // Another rule makes it look at all of them. One without a range of ports, which servers before 1.22 do not know.
    const one = { networks: ['198.51.100.0/24'], ports: [{ port: 5435 }] };
    await installed.world.apply(policyManifest('jobs', { to: [one] }));
    await becomes(3, '');
    await kubectl('delete', 'egp', '-n', 'shop', 'jobs');
    await becomes(2, '');
    await installed.converged();
  });

  it('mends what somebody changed on the firewall, and ends a policy in time', async () => {
    const { firewall, world } = installed;
    // Of a change that is cut off, what is left to do is that change's, whoever undid it.
    await leftAlone(firewall);
    await worker.process.stop();
    const rule = firewall
      .rows('firewall/policy')
      .find(({ name }) => typeof name === 'string' && name.includes('-pay-'));
    firewall.remove('firewall/policy', z.coerce.string().parse(rule?.['policyid']));
    expect(permitted(firewall).size).toBe(0);
    // It reads the firewall when it is first asked for anything.
    worker = await installed.run('postern-worker');
    await world.addPod('web-3', { app: 'web', ip: '10.7.0.7' });
    expect(await installed.converged()).toContain('10.7.0.7 -> 203.0.113.10:443');
    await jobs('ledger');
    await installed.converged();
    const expiresAt = new Date(Date.now() + 10_000).toISOString();
    const governance = JSON.stringify({ spec: { governance: { expiresAt } } });
    await world.kubectl(['patch', 'egp', '-n', 'shop', 'jobs', '--type=merge', '-p', governance]);
    const open = (): boolean => [...permitted(firewall)].some((flow) => flow.includes('198.51.100.7'));
    await until('it has expired', () => Date.now() > Date.parse(expiresAt) && !open(), 25_000);
  });

  it('goes on after both were killed in the middle of a change', async () => {
    const { firewall, world } = installed;
    firewall.fault({ kind: 'latency', latencyMs: 60, times: 100_000 });
    for (const victim of ['worker', 'controller'] as const) {
      await kubectl('delete', 'egp', '-n', 'shop', 'jobs', '--ignore-not-found');
      await killAtNextAddress(victim === 'worker' ? worker : controller, async () => {
        await jobs(victim === 'worker' ? 'github' : 'ledger');
        await world.addPod(`job-${victim}`, { app: 'job', ip: victim === 'worker' ? '10.7.0.5' : '10.7.0.6' });
      });
      await world.labelPod('web-1', { app: victim });
      if (victim === 'worker') worker = await installed.run('postern-worker');
      else controller = await installed.run('postern-controller');
      await installed.converged(60_000);
    }
    firewall.clearFaults();
    await world.labelPod('web-1', { app: 'web' });
    await installed.converged();
  }, 180_000);

  it('was refused nothing, asked for nothing that its Roles do not say, and has no right that it never used', async () => {
    const rights = rightsIn(installed.manifests);
    const calls = installed.calls.calls();
    expect(new Set(calls.map(({ account }) => account))).toEqual(new Set(['postern-controller', 'postern-worker']));
    expect(calls.filter(({ allowed }) => !allowed).map(told)).toEqual([]);
    const beyond = calls.filter((call) => !rights.some((right) => permits(right, call))).map(told);
    expect([...new Set(beyond)].filter((call) => !everybodys.has(call))).toEqual([]);
    // This server streams lists; unstreamed.test.ts has one that does not.
    const needed = rights.filter((right) => !listsOfTheWatched(rights).includes(right));
    await expectUsed(needed, () => installed.calls.calls());
  });

  it('has everything on record that the firewall has seen, one to one, and the record is intact', async () => {
    await worker.process.stop();
    await controller.process.stop();
    const verified = await installed.postern('audit', 'verify', '--audit-dir', installed.auditFolder);
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining('edge: intact')]);
    const { out } = await installed.postern('audit', 'export', '--audit-dir', installed.auditFolder, '--point', 'edge');
    const writes = recordedWrites(out);
    expect(new Set(writes.map(({ reason }) => reason))).toEqual(
      new Set(['first-sync', 'policy-changed', 'pod-added', 'pod-ended', 'members-changed', 'drift-healed', 'expired']),
    );
    // That of the worker that was killed.
    expect(compare(writes, seen)).toEqual({ invented: [], unrecorded: [], unasked: [], orphaned: 1 });
    expect(writes.filter(({ result }) => result === 'open' || result === 'pending')).toEqual([]);
    // It would tell of each request that was made once more, but for the one without an answer, and of each write that is not on record.
    const again = (request: SeenRequest): Comparison => compare(writes, [...seen, { ...request }]);
    expect(seen.filter((request) => request.wrote && again(request).unrecorded.length === 0)).toHaveLength(1);
    const without = (write: RecordedWrite): Comparison =>
      compare(
        writes.filter((other) => other !== write),
        seen,
      );
    const changes = writes.filter(({ requests }) => requests.some(({ status }) => status === 200));
    expect(changes.filter((write) => without(write).unrecorded.length === 0)).toEqual([]);
  });
});
