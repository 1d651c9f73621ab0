import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { aNamespace, aNode, aPod, aPoint, aPolicy, aServiceAccount, aSnapshot } from '../../test/kit/builders.ts';
import { until } from '../../test/kit/redis-server.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { systemClock } from '../compose/clock.ts';
import { startEmbedded, type Embedded } from '../compose/embedded.ts';
import { toChanges } from '../core/compile/changes.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { Metrics } from './metrics.ts';

/** Values by `name{labels}`, as a scrape has them. */
async function scrape(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('Metrics', () => {
  let metrics: Metrics;
  let device: MemorySimulator;
  let embedded: Embedded;
  let stop: AbortController;
  const healthy = { state: 'healthy', since: 0, message: '', lastEvent: 1_700_000_000_000 } as const;
  const source = {
    synced: true,
    health: {
      healthy: true,
      message: '',
      caughtUp: true,
      egressUnseen: '',
      resources: [{ plural: 'pods', synced: true, objects: 2, unreadable: 0, ...healthy }],
    },
  };

  const apply = async (...changes: ObjectChange[]): Promise<void> => {
    metrics.changes(changes);
    await embedded.apply(changes, true);
    await embedded.settled();
  };
  const pod = (index: number): ObjectChange => {
    const started = Math.floor(Date.now() / 1_000) - 2;
    const object = aPod({ name: `pod-${index}`, addresses: [`10.0.0.${index}`], started });
    return { kind: 'Pod', key: `shop/pod-${index}`, object, cause: 'watch' };
  };

  beforeEach(async () => {
    metrics = new Metrics({ version: '1.2.3', now: () => Date.now(), elapsed: () => performance.now() });
    device = new MemorySimulator();
    stop = new AbortController();
    const adapter = createMemoryAdapter(() => device);
    metrics.leads(true);
    metrics.follows(source);
    embedded = startEmbedded({
      adapters: () => Promise.resolve(adapter),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      clock: systemClock,
      random: () => 0,
      readBackAfterMs: 50,
      recheckEveryMs: 3_600_000,
      audit: new MemoryAuditStore(systemClock),
      report: () => undefined,
      onError: () => undefined,
      metrics,
    });
    metrics.queue(() => embedded.queue.depth());
    void embedded.outcomes.follow((outcome) => metrics.outcome(outcome), stop.signal);
    const cluster = aSnapshot({
      namespaces: [aNamespace()],
      serviceAccounts: [aServiceAccount()],
      nodes: [aNode()],
      egressPolicies: [aPolicy()],
      enforcementPoints: [aPoint()],
    });
    await apply(...toChanges(cluster));
  });
  afterEach(async () => {
    stop.abort();
    await embedded.close();
  });

  it('counts what is done at a point, and says how it is left', async () => {
    await apply(pod(1));
    await until(
      'the read-back',
      async () =>
        ((await scrape(metrics)).get('postern_propagation_seconds_count{point="edge",stage="read_back"}') ?? 0) === 1,
    );
    const seen = await scrape(metrics);
    const values = Object.fromEntries(
      [
        'postern_build_info{version="1.2.3"}',
        'postern_leader',
        'postern_caches_synced',
        'postern_watch_healthy{resource="pods"}',
        'postern_unreadable_objects{resource="pods"}',
        'postern_watched_objects{resource="pods"}',
        'postern_watch_last_event_timestamp_seconds{resource="pods"}',
        'postern_point_state{point="edge",state="programmed"}',
        'postern_point_state{point="edge",state="failed"}',
        'postern_point_addresses{point="edge"}',
        'postern_propagation_seconds_count{point="edge",stage="sent"}',
        'postern_queue_points{state="waiting"}',
        'postern_queue_oldest_seconds',
        'postern_foreign_objects{point="edge"}',
        'postern_capacity_used{point="edge",resource="members_of_largest_group"}',
      ].map((name) => [name, seen.get(name)]),
    );
    // A read-back that is due may find the delta's successor, empty, first.
    expect(seen.get('postern_syncs_total{point="edge",path="delta",result="sent"}')).toBeGreaterThanOrEqual(1);
    expect(values).toEqual({
      'postern_build_info{version="1.2.3"}': 1,
      postern_leader: 1,
      postern_caches_synced: 1,
      'postern_watch_healthy{resource="pods"}': 1,
      'postern_unreadable_objects{resource="pods"}': 0,
      'postern_watched_objects{resource="pods"}': 2,
      'postern_watch_last_event_timestamp_seconds{resource="pods"}': 1_700_000_000,
      'postern_point_state{point="edge",state="programmed"}': 1,
      'postern_point_state{point="edge",state="failed"}': 0,
      'postern_point_addresses{point="edge"}': 1,
      'postern_propagation_seconds_count{point="edge",stage="sent"}': 1,
      'postern_queue_points{state="waiting"}': 0,
      postern_queue_oldest_seconds: 0,
      'postern_foreign_objects{point="edge"}': 0,
      'postern_capacity_used{point="edge",resource="members_of_largest_group"}': 1,
    });
    const took = seen.get('postern_propagation_seconds_sum{point="edge",stage="sent"}') ?? 0;
    expect([took >= 2, took < 200]).toEqual([true, true]);
    expect(seen.get('postern_point_last_sync_timestamp_seconds{point="edge"}')).toBeGreaterThan(1_700_000_000);
    expect(seen.get('postern_device_calls_total{point="edge",operation="observe",result="ok"}')).toBeGreaterThan(0);
    expect(seen.get('postern_device_call_duration_seconds_count{point="edge",operation="send"}')).toBeGreaterThan(0);
    expect(seen.get('postern_changes_total{point="edge",result="done"}')).toBeGreaterThan(0);
  });

  it('measures how long the address of a pod that has ended stays permitted', async () => {
    await apply(pod(1));
    await apply({ kind: 'Pod', key: 'shop/pod-1', object: undefined, cause: 'watch' });
    expect((await scrape(metrics)).get('postern_stale_grant_seconds_count{point="edge"}')).toBe(1);
  });

  it('has nothing of a point that is gone', async () => {
    await apply(pod(1));
    await apply({ kind: 'EnforcementPoint', key: 'edge', object: undefined });
    const ofPoint = async (): Promise<readonly string[]> =>
      [...(await scrape(metrics)).keys()].filter((name) => name.includes('edge'));
    await until('nothing is left of it', async () => (await ofPoint()).length === 0);
  });

  it('has no gauge of a leader when it leads no longer, and keeps what it has counted', async () => {
    metrics.inconsistentFlows('edge', { meshOnly: 2, perimeterOnly: 1 });
    metrics.overGrants('edge', 3);
    const before = await scrape(metrics);
    expect([
      before.get('postern_inconsistent_flows{point="edge",side="mesh_only"}'),
      before.get('postern_inconsistent_flows{point="edge",side="perimeter_only"}'),
      before.get('postern_over_grants{point="edge"}'),
    ]).toEqual([2, 1, 3]);
    metrics.leads(false);
    const after = [...(await scrape(metrics)).keys()];
    expect(after.filter((name) => /point_|watch|inconsistent|over_grants/.test(name))).toEqual([]);
    expect(after.filter((name) => name.startsWith('postern_syncs_total')).length).toBeGreaterThan(0);
    expect((await scrape(metrics)).get('postern_leader')).toBe(0);
  });

  it('counts audit records that could not be kept, and leaves out a queue that does not answer', async () => {
    const away = (): Promise<never> => Promise.reject(new Error('no room'));
    const store = metrics.audit({ append: away, unsettled: away, head: away, close: () => Promise.resolve() });
    await expect(store.append('edge', [], 'durable')).rejects.toThrow('no room');
    await expect(store.append('edge', [], 'soon')).rejects.toThrow('no room');
    metrics.queue(() => Promise.reject(new Error('away')));
    const seen = await scrape(metrics);
    expect(seen.get('postern_audit_failures_total{operation="append"}')).toBe(2);
    expect([...seen.keys()].filter((name) => name.startsWith('postern_queue'))).toEqual([]);
  });
});
