import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { aPod, aPoint, aPolicy, aSnapshot } from '../../test/kit/builders.ts';
import { textsOf, verified, writesOn } from '../../test/kit/audit-records.ts';
import { until } from '../../test/kit/redis-server.ts';
import { systemClock } from '../compose/clock.ts';
import type { SyncReport } from '../worker/sync-report.ts';
import { startEmbedded, type Embedded } from '../compose/embedded.ts';
import { toChanges } from '../core/compile/changes.ts';
import { pointAt } from '../core/audit/history.ts';
import type { Write } from '../core/audit/writes/write-log.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { AuditUnavailable } from './audit-store.ts';
import { MemoryAuditStore } from './memory-audit-store.ts';

/** A store that can be told to refuse. */
class Refusing extends MemoryAuditStore {
  refuses = false;

  override append(...args: Parameters<MemoryAuditStore['append']>): ReturnType<MemoryAuditStore['append']> {
    if (this.refuses) return Promise.reject(new AuditUnavailable('There is no room left.', 'ENOSPC'));
    return super.append(...args);
  }
}

describe('the audit record of a worker', () => {
  let store: Refusing;
  let device: MemorySimulator;
  let embedded: Embedded;
  let reports: SyncReport[];
  let errors: string[];
  beforeEach(() => {
    [reports, errors] = [[], []];
    store = new Refusing(systemClock);
    device = new MemorySimulator();
    embedded = startEmbedded({
      adapters: () => Promise.resolve(createMemoryAdapter(() => device)),
      secrets: () => Promise.resolve({ token: 'do-not-tell' }),
      owner: { cluster: 'east' },
      clock: systemClock,
      random: () => 0,
      readBackAfterMs: 5,
      recheckEveryMs: 3_600_000,
      report: (report) => reports.push(report),
      onError: (...told) => errors.push(told.map(String).join(': ')),
      audit: store,
    });
  });
  afterEach(() => embedded.close());

  const bring = async (...changes: readonly ObjectChange[]): Promise<void> => {
    await embedded.apply(changes, true);
    await embedded.settled();
  };
  const pod = (name: string, address?: string): ObjectChange => {
    const object = address === undefined ? undefined : aPod({ name, addresses: [address] });
    return { kind: 'Pod', key: `shop/${name}`, object };
  };
  const begin = (): Promise<void> =>
    bring(
      ...toChanges(
        aSnapshot({
          pods: [aPod({ name: 'a', addresses: ['10.0.0.1'] })],
          egressPolicies: [aPolicy()],
          enforcementPoints: [aPoint()],
        }),
      ),
    );
  const writes = async (): Promise<readonly Write[]> => writesOn(await textsOf(store, 'edge'));
  const told = async (): Promise<string[]> =>
    (await writes()).map((write) =>
      `${write.reason}: ${write.op} ${write.kind} ${[...(write.add ?? []).map((a) => `+${a}`), ...(write.remove ?? []).map((a) => `-${a}`)].join(' ')}`.trim(),
    );

  it('says why each write was made, and verifies', async () => {
    await begin();
    const first = (await told()).length;
    await bring(pod('b', '10.0.0.2'));
    await bring(pod('a'));
    device.tables = { ...device.tables, group: device.tables.group.map((group) => ({ ...group, members: [] })) };
    await embedded.publisher.recheck('edge');
    await embedded.settled();
    await bring({ kind: 'EgressPolicy', key: 'shop/checkout', object: undefined });
    const all = await told();
    expect(new Set(all.slice(0, first).map((text) => text.split(':')[0]))).toEqual(new Set(['first-sync']));
    expect(all.slice(first, first + 3)).toEqual([
      'pod-added: members group +10.0.0.2',
      'pod-ended: members group -10.0.0.1',
      'drift-healed: members group +10.0.0.2',
    ]);
    expect(all.slice(first + 3)).toEqual(['policy-changed: delete rule', 'policy-changed: delete group -10.0.0.2']);
    expect(await verified(store, 'edge')).toMatchObject({ findings: [], unsettled: 0 });
  });

  it('names the policy, the rule and what people call it, and when reading the device confirmed it', async () => {
    await begin();
    const rule = (await writes()).find(({ kind, title }) => kind === 'rule' && title?.includes('203.0.113.0/24'));
    expect(rule).toMatchObject({
      point: 'edge',
      adapter: 'memory',
      op: 'create',
      policies: [
        {
          kind: 'EgressPolicy',
          namespace: 'shop',
          name: 'checkout',
          uid: 'uid-checkout',
          generation: 1,
          field: 'spec.to[0]',
        },
      ],
      rule: {
        action: 'Accept',
        destination: { any: false, names: [], networks: ['203.0.113.0/24'] },
        ports: 'TCP 443',
      },
      result: 'done',
    });
    expect((await writes()).every(({ confirmedAt }) => confirmedAt !== '')).toBe(true);
    expect((await textsOf(store, 'edge')).join('\n')).not.toContain('do-not-tell');
  });

  it('can be folded back into what is on the device', async () => {
    await begin();
    await bring(pod('b', '10.0.0.2'));
    const { objects, uncertain, lastRead } = pointAt(await textsOf(store, 'edge'));
    const groups = [...objects.values()].filter(({ kind, members }) => kind === 'group' && members.size > 0);
    const named = groups.map(({ title, members }) => [title, [...members].sort()]);
    const onDevice = device.tables.group.filter(({ members }) => members.length > 0);
    expect(named).toEqual(onDevice.map(({ title, members }) => [title, members]));
    expect([objects.size, uncertain, lastRead?.differences]).toEqual([
      device.tables.group.length + device.tables.rule.length,
      [],
      0,
    ]);
  });

  it('says why a pod is shut out also where that passes while the device is read to be healed', async () => {
    await begin();
    const first = (await told()).length;
    device.tables = { ...device.tables, group: device.tables.group.map((group) => ({ ...group, members: [] })) };
    await bring(pod('b', '10.0.0.2'));
    device.fault({ kind: 'latency', latencyMs: 150, times: 4 });
    await embedded.publisher.recheck('edge');
    await systemClock.sleep(40);
    await bring(pod('b'));
    const reasons = (await told()).slice(first).filter((text) => text.endsWith('-10.0.0.2'));
    // In passing, and once more in the turn after it, which does not count on what passed.
    expect(new Set(reasons)).toEqual(new Set(['pod-ended: members group -10.0.0.2']));
  });

  it('writes nothing to a device as long as the record is refused, and goes on by itself', async () => {
    await begin();
    const before = device.requests().length;
    store.refuses = true;
    await embedded.apply([pod('b', '10.0.0.2')], true);
    const outcome = () => embedded.outcomes.last('edge');
    await until('it is refused', async () => (await outcome())?.reason === 'AuditUnavailable');
    expect((await outcome())?.message).toBe(
      'Nothing is written to the device: There is no room left. Next try after a delay that grows for as long as it fails, up to 5 minutes.',
    );
    expect(
      device
        .requests()
        .slice(before)
        .filter(({ method }) => method !== 'GET'),
    ).toEqual([]);
    // The device was reached, and its state is in the report of the sync: the record is told of apart.
    expect(reports.filter(({ path }) => path === 'none')).toEqual([]);
    expect(new Set(errors)).toEqual(new Set(['edge: AuditUnavailable: There is no room left.']));
    store.refuses = false;
    await embedded.settled();
    expect((await embedded.outcomes.last('edge'))?.state).toBe('programmed');
    expect((await verified(store, 'edge')).findings).toEqual([]);
  });

  it('finds out what became of a write whose answer was lost', async () => {
    await begin();
    device.fault({ kind: 'reset-after', match: '^POST /group', times: 1 });
    await bring(pod('b', '10.0.0.2'));
    const last = (await writes()).filter(({ add }) => add?.includes('10.0.0.2'));
    expect(last.map(({ result, errorClass }) => [result, errorClass])).toEqual([['found-done', 'transient']]);
  });
});
