import { describe, expect, it } from 'vitest';
import { aPod, aPoint, aPolicy, aService } from '../../../test/kit/builders.ts';
import { anOutcome } from '../../../test/kit/outcome-store-contract.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { PolicyStatus } from '../../api/status.ts';
import type { ObjectChange, Pod } from '../../core/model/snapshot.ts';
import { rulesDigest } from '../../core/status/object-rules.ts';
import type { LateWork } from '../../core/status/conditions.ts';
import { Statuses } from './statuses.ts';
import type { Status } from './stored-status.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const began = new Date(start).toISOString();

/** The real compiler, and an API server that remembers what was written. */
function aCluster() {
  const compiler = new Compiler();
  const time = { now: start };
  const objects = new Map<string, ObjectChange>();
  const writes: string[] = [];
  const events: string[] = [];
  const refused = new Set<string>();
  const late = new Map<string, LateWork>();
  const written = new Map<string, Status>();
  const make = (): Statuses =>
    new Statuses({
      publisher: { read: (answer) => Promise.resolve(answer(compiler)) },
      write: ({ kind, key }, status) => {
        const name = `${kind}/${key}`;
        if (refused.has(name)) return Promise.reject(new Error(`${name} refused`));
        writes.push(name);
        written.set(name, status);
        return Promise.resolve();
      },
      event: ({ kind, key }, { type, reason }) => events.push(`${kind}/${key} ${type} ${reason}`),
      late: (name) => late.get(name),
      clock: { now: () => time.now, elapsed: () => time.now },
    });
  let statuses = make();
  const take = (changes: readonly ObjectChange[]): void => {
    const { points } = compiler.apply(changes, new Date(time.now).toISOString());
    statuses.changes(changes);
    statuses.rules([...points].flatMap(([name, { rulesChanged }]) => (rulesChanged ? [name] : [])));
  };
  const apply = (...changes: ObjectChange[]): void => {
    for (const change of changes) objects.set(`${change.kind}/${change.key}`, change);
    take(changes);
  };
  const outcome = (fields: Partial<PointOutcome> = {}): void => {
    const point = fields.point ?? 'edge';
    const { rules, groups } = compiler.desired(point)!;
    const addresses = new Set(groups.flatMap(({ members }) => members)).size;
    const at = new Date(time.now).toISOString();
    const known = { programmedRules: rulesDigest(rules), rules: rules.length, addresses, lastSyncTime: at, at };
    statuses.outcome(anOutcome({ losses: [], refused: [], liveSince: at, ...known, ...fields }));
  };
  /** What one flush, or as many as it takes, wrote. */
  const flush = async (most = 100): Promise<readonly string[]> => {
    writes.length = 0;
    await statuses.flush(most);
    return [...writes].sort();
  };
  const restart = (): void => {
    statuses = make();
    take(
      [...objects.values()].map((change) => {
        const status = written.get(`${change.kind}/${change.key}`);
        return { ...change, object: change.object && { ...change.object, ...(status && { status }) } } as ObjectChange;
      }),
    );
    // A new process begins with a new compiler, for which everything is new.
    statuses.rules(compiler.desired('edge') === undefined ? [] : ['edge']);
  };
  const word = (name: string): string | undefined => written.get(name)?.ready;
  return {
    apply,
    outcome,
    flush,
    restart,
    word,
    written,
    events,
    refused,
    late,
    time,
    compiler,
    statuses: () => statuses,
  };
}

const pod = (index: number, fields: Partial<Pod> = {}): ObjectChange => ({
  kind: 'Pod',
  key: `shop/web-${index}`,
  object: aPod({ name: `web-${index}`, addresses: [`10.0.0.${index}`], ...fields }),
});
const policy = (
  name: string,
  spec: Parameters<typeof aPolicy>[0] = {},
  metadata: Parameters<typeof aPolicy>[1] = {},
): ObjectChange => ({
  kind: 'EgressPolicy',
  key: `shop/${name}`,
  object: aPolicy(spec, { name, uid: `uid-${name}`, ...metadata }),
});
const point = (spec: Parameters<typeof aPoint>[0] = {}): ObjectChange => ({
  kind: 'EnforcementPoint',
  key: 'edge',
  object: aPoint(spec),
});
const to = (network: string) => ({ to: [{ networks: [network], ports: [{ port: 443 }] }] });

async function aSettledCluster() {
  const cluster = aCluster();
  cluster.apply(point(), policy('web'), policy('other', to('198.51.100.0/24')), pod(1));
  cluster.outcome();
  await cluster.flush();
  return cluster;
}

describe('Statuses', () => {
  it('writes each object once, and then nothing until something changes', async () => {
    const cluster = aCluster();
    cluster.apply(point(), policy('web'), pod(1));
    const all = ['EgressPolicy/shop/web', 'EnforcementPoint/edge'];
    expect(await cluster.flush()).toEqual(all);
    expect(all.map(cluster.word)).toEqual(['Unknown', 'Unknown']);
    cluster.outcome();
    expect(await cluster.flush()).toEqual(all);
    expect(all.map(cluster.word)).toEqual(['True', 'True']);
    cluster.time.now += 600_000;
    expect([await cluster.flush(), await cluster.flush()]).toEqual([[], []]);
  });

  it('writes nothing after a restart, and tells of nothing', async () => {
    const cluster = await aSettledCluster();
    cluster.events.length = 0;
    cluster.restart();
    cluster.outcome({ lastSyncTime: began, liveSince: began });
    expect([await cluster.flush(), cluster.events]).toEqual([[], []]);
  });

  it('does not flap while pods come and go: addresses are brought up to date once a minute', async () => {
    const cluster = await aSettledCluster();
    for (let index = 2; index < 40; index += 1) {
      cluster.apply(pod(index));
      cluster.time.now += 1_000;
      cluster.outcome({ state: 'sent', version: index, addresses: 1, lastSyncTime: began, liveSince: began });
      expect(await cluster.flush()).toEqual([]);
    }
    cluster.time.now = start + 60_000;
    expect(await cluster.flush()).toEqual(['EgressPolicy/shop/other', 'EgressPolicy/shop/web']);
    expect(cluster.written.get('EgressPolicy/shop/web')).toMatchObject({ enforcementPoints: [{ addresses: 39 }] });
  });

  it('touches the policy that was edited and no other', async () => {
    const cluster = await aSettledCluster();
    cluster.apply(policy('web', to('192.0.2.0/24'), { generation: 2 }));
    expect(await cluster.flush()).toEqual(['EgressPolicy/shop/web']);
    expect(['web', 'other'].map((name) => cluster.word(`EgressPolicy/shop/${name}`))).toEqual(['Unknown', 'True']);
    cluster.outcome();
    expect(await cluster.flush()).toEqual(['EgressPolicy/shop/web']);
    expect(cluster.word('EgressPolicy/shop/web')).toBe('True');
  });

  it('names the one policy that the device refused, and leaves the others in force', async () => {
    const cluster = await aSettledCluster();
    const ids = idsOf(cluster);
    cluster.outcome({
      state: 'partial',
      reason: 'ChangeRefused',
      message: 'name taken',
      refused: [{ id: ids.web, message: 'name taken' }],
      differing: [ids.web],
    });
    expect(await cluster.flush()).toEqual(['EgressPolicy/shop/web', 'EnforcementPoint/edge']);
    expect(['web', 'other'].map((name) => cluster.word(`EgressPolicy/shop/${name}`))).toEqual(['False', 'True']);
  });

  it('tells each policy which proxies of its own subjects have it', async () => {
    const { apply, outcome, flush, written } = aCluster();
    const web = { subject: { podSelector: { matchLabels: { app: 'web' } } } };
    apply(
      point({ adapter: 'istio', vantage: { type: 'Identity' } }),
      policy('web', web),
      policy('job', { subject: { podSelector: { matchLabels: { app: 'job' } } }, ...to('198.51.100.0/24') }),
      pod(1, { labels: { app: 'web' }, serviceAccount: 'web' }),
      pod(2, { labels: { app: 'job' }, serviceAccount: 'job' }),
    );
    const lacking = { of: 'shop/job', pod: 'shop/web-2', reason: 'runs without a sidecar', past: true as const };
    const by = { 'shop/web': { pods: 1, current: 1 }, 'shop/job': { pods: 1, current: 0 } };
    outcome({ proxies: { by, behind: [lacking] } });
    await flush();
    const told = (name: string): unknown => {
      const status = written.get(`EgressPolicy/shop/${name}`) as PolicyStatus;
      const live = status.conditions?.find(({ type }) => type === 'Live');
      return [status.ready, live?.status, status.enforcementPoints?.[0]?.proxies];
    };
    expect([told('web'), told('job')]).toEqual([
      ['True', 'True', '1/1'],
      ['True', 'False', '0/1'],
    ]);
    outcome({ proxies: { by: { ...by, 'shop/job': { pods: 1, current: 1 } }, behind: [] } });
    expect(await flush()).toEqual(['EgressPolicy/shop/job', 'EnforcementPoint/edge']);
    expect(told('job')).toEqual(['True', 'True', '1/1']);
  });

  it('calls nothing in force that was seen to differ on the device', async () => {
    const cluster = await aSettledCluster();
    cluster.outcome({
      state: 'planned',
      reason: 'ObserveOnly',
      message: 'Differs.',
      differing: [idsOf(cluster).other],
    });
    await cluster.flush();
    expect(['web', 'other'].map((name) => cluster.word(`EgressPolicy/shop/${name}`))).toEqual(['True', 'False']);
    cluster.outcome({ state: 'planned', reason: 'ObserveOnly', message: 'Differs.', differing: ['*'] });
    await cluster.flush();
    expect(['web', 'other'].map((name) => cluster.word(`EgressPolicy/shop/${name}`))).toEqual(['False', 'False']);
  });

  it('keeps policies in force whose device is away for a while', async () => {
    const cluster = await aSettledCluster();
    cluster.outcome({ state: 'failed', reason: 'DeviceUnavailable', message: 'No answer.', liveSince: '' });
    expect(await cluster.flush()).toEqual(['EnforcementPoint/edge']);
    expect(cluster.events.at(-1)).toBe('EnforcementPoint/edge Warning DeviceUnavailable');
  });

  it('knows of nothing in force where work has waited too long, and says since when', async () => {
    const cluster = await aSettledCluster();
    cluster.late.set('edge', { reason: 'WorkWaits', since: began });
    expect(await cluster.flush()).toEqual([
      'EgressPolicy/shop/other',
      'EgressPolicy/shop/web',
      'EnforcementPoint/edge',
    ]);
    expect(cluster.word('EnforcementPoint/edge')).toBe('Unknown');
    expect(cluster.word('EgressPolicy/shop/web')).toBe('Unknown');
    const told = cluster.written.get('EnforcementPoint/edge')?.conditions?.find(({ type }) => type === 'Programmed');
    expect(told).toMatchObject({ reason: 'WorkWaits', message: expect.stringContaining(`since ${began}`) as string });
    expect(await cluster.flush()).toEqual([]);
    cluster.late.clear();
    await cluster.flush();
    expect(cluster.word('EgressPolicy/shop/web')).toBe('True');
  });

  it('goes on with the others when one cannot be written, and tries that one again', async () => {
    const cluster = aCluster();
    cluster.refused.add('EgressPolicy/shop/web');
    cluster.apply(point(), policy('web'), policy('other', to('198.51.100.0/24')));
    const { written, failures } = await cluster.statuses().flush(100);
    expect([written, failures]).toEqual([2, [new Error('EgressPolicy/shop/web refused')]]);
    cluster.refused.clear();
    expect(await cluster.flush()).toEqual(['EgressPolicy/shop/web']);
  });

  it('writes a few at a time', async () => {
    const cluster = aCluster();
    cluster.apply(point(), ...Array.from({ length: 10 }, (_, index) => policy(`p${index}`)));
    const sizes = [await cluster.flush(4), await cluster.flush(4), await cluster.flush(4), await cluster.flush(4)];
    expect(sizes.map(({ length }) => length)).toEqual([4, 4, 3, 0]);
  });

  it('tells of what happened, once, and never of waiting', async () => {
    const cluster = await aSettledCluster();
    expect(cluster.events.toSorted()).toEqual([
      'EgressPolicy/shop/other Normal Programmed',
      'EgressPolicy/shop/web Normal Programmed',
      'EnforcementPoint/edge Normal Programmed',
    ]);
    cluster.events.length = 0;
    for (const state of ['held', 'held', 'programmed'] as const) {
      cluster.outcome({ state, reason: state === 'held' ? 'Held' : 'Programmed', message: state });
      await cluster.flush();
    }
    expect(cluster.events).toEqual(['EnforcementPoint/edge Warning Held', 'EnforcementPoint/edge Normal Programmed']);
  });

  it('does not tell of a cluster that is not seen whole for a moment, and tells after 15 seconds, or if anything else is held', async () => {
    const cluster = await aSettledCluster();
    const unseen = { state: 'held', reason: 'Held', message: 'not read', unseen: true } as const;
    const { unseen: _, ...held } = unseen;
    cluster.outcome(unseen);
    expect(await cluster.flush()).toEqual([]);
    cluster.outcome();
    cluster.time.now += 20_000;
    expect(await cluster.flush()).toEqual([]);
    cluster.outcome(unseen);
    cluster.time.now += 14_999;
    cluster.outcome(unseen);
    expect(await cluster.flush()).toEqual([]);
    cluster.time.now += 1;
    expect(await cluster.flush()).toEqual(['EnforcementPoint/edge']);
    cluster.outcome();
    expect(await cluster.flush()).toEqual(['EnforcementPoint/edge']);
    cluster.outcome(held);
    expect(await cluster.flush()).toEqual(['EnforcementPoint/edge']);
  });

  it('tells of drift when it happens, and not again because it is remembered', async () => {
    const cluster = await aSettledCluster();
    cluster.events.length = 0;
    const difference = { what: 'missing', kind: 'rule', name: 'a', field: '', desired: {}, found: null } as const;
    const drift = { at: '2026-01-01T00:05:00Z', healed: true, count: 1, differences: [difference] };
    cluster.outcome({ drift });
    cluster.outcome({ drift, state: 'sent' });
    cluster.outcome({ drift });
    expect(cluster.events).toEqual(['EnforcementPoint/edge Warning DriftHealed']);
    cluster.restart();
    cluster.outcome({ drift });
    expect(cluster.events).toHaveLength(1);
  });

  it('says of a policy that was never read why, and what that means', async () => {
    const { flush, written, statuses } = await aSettledCluster();
    const problem = {
      severity: 'error',
      subject: 'EgressPolicy/shop/new',
      field: 'spec.new',
      code: 'unknown-field',
      message: 'unknown field',
    } as const;
    const found = { uid: 'u', generation: 3, status: undefined, inForce: 'unknown' } as const;
    statuses().unreadable('EgressPolicy', 'shop/new', [problem], found);
    statuses().changes([{ kind: 'EgressPolicy', key: 'shop/new', object: undefined, unreadable: true }]);
    expect(await flush()).toEqual(['EgressPolicy/shop/new']);
    const status = written.get('EgressPolicy/shop/new');
    expect(status?.observedGeneration).toBe(3);
    expect(status?.conditions?.find(({ type }) => type === 'Accepted')?.message).toBe(
      'spec.new: unknown field; until that is corrected, what is on the devices stays there, and nothing new is permitted to its namespace.',
    );
    statuses().changes([{ kind: 'EgressPolicy', key: 'shop/new', object: undefined }]);
    expect(await flush()).toEqual([]);
  });

  it('says of a policy whose stored form cannot be read that what was read before stays in force', async () => {
    const { flush, written, word, statuses } = await aSettledCluster();
    const problem = {
      severity: 'error',
      subject: 'EgressPolicy/shop/web',
      field: 'spec.new',
      code: 'unknown-field',
      message: 'unknown field',
    } as const;
    statuses().unreadable('EgressPolicy', 'shop/web', [problem]);
    expect(await flush()).toEqual(['EgressPolicy/shop/web']);
    expect(written.get('EgressPolicy/shop/web')?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({
      status: 'False',
      message: 'spec.new: unknown field; until that is corrected, its last readable version stays in force.',
    });
    statuses().unreadable('EgressPolicy', 'shop/web', []);
    expect(await flush()).toEqual(['EgressPolicy/shop/web']);
    expect(word('EgressPolicy/shop/web')).toBe('True');
  });

  it('counts the policies that refer to a service', async () => {
    const cluster = aCluster();
    const refers = { to: [{ externalService: 'payments' }] };
    cluster.apply(point(), { kind: 'ExternalService', key: 'payments', object: aService() });
    await cluster.flush();
    const count = () => (cluster.written.get('ExternalService/payments') as { policies?: number }).policies;
    const counts = [count()];
    cluster.apply(policy('web', refers), policy('other', refers));
    await cluster.flush();
    counts.push(count());
    cluster.apply({ kind: 'EgressPolicy', key: 'shop/web', object: undefined });
    await cluster.flush();
    counts.push(count());
    expect(counts).toEqual([0, 2, 1]);
  });

  it('says who else gains what is granted at a point that cannot tell pods apart', async () => {
    const cluster = aCluster();
    const node = {
      kind: 'Node',
      key: 'node-1',
      object: { name: 'node-1', labels: {}, addresses: ['192.0.2.1'] },
    } as const;
    const subject = { subject: { podSelector: { matchLabels: { app: 'web' } } } };
    cluster.apply(
      node,
      point({ vantage: { type: 'Node' } }),
      policy('web', subject),
      pod(1, { labels: { app: 'web' } }),
      pod(2, { workload: 'Deployment/batch' }),
    );
    cluster.outcome();
    await cluster.flush();
    const share = cluster.written.get('EgressPolicy/shop/web');
    expect(share).toMatchObject({
      ready: 'True',
      enforcementPoints: [{ losses: [{ effect: 'approximate', code: 'over-grant' }] }],
    });
    expect(JSON.stringify(share)).toContain('shop/Deployment/batch');
  });

  it('takes back that layers agree until somebody has compared them again, also after a restart', async () => {
    const { apply, outcome, flush, restart, written, statuses } = aCluster();
    const told = async (): Promise<string | undefined> => {
      await flush();
      return written.get('EnforcementPoint/edge')?.conditions?.find(({ type }) => type === 'Consistent')?.reason;
    };
    const agrees = { type: 'Consistent', status: 'True', reason: 'Consistent', message: 'All the same.' } as const;
    apply(point(), policy('web'), pod(1));
    outcome();
    statuses().consistent('edge', agrees);
    expect(await told()).toBe('Consistent');
    outcome({ state: 'held', reason: 'Held' });
    expect(await told()).toBe('NotCompared');
    outcome();
    expect(await told()).toBe('NotCompared');
    restart();
    outcome();
    expect(await told()).toBe('NotCompared');
    statuses().consistent('edge', agrees);
    expect(await told()).toBe('Consistent');
    apply(point({ mode: 'Observe' }));
    expect(await told()).toBeUndefined();
  });

  it('lets go of a point that was deleted', async () => {
    const cluster = await aSettledCluster();
    cluster.apply({ kind: 'EnforcementPoint', key: 'edge', object: undefined });
    expect(await cluster.flush()).toEqual(['EgressPolicy/shop/other', 'EgressPolicy/shop/web']);
    expect(cluster.written.get('EgressPolicy/shop/web')).toMatchObject({ points: '0/0', enforcementPoints: [] });
  });

  it('writes over what another version, or somebody by hand, has written', async () => {
    const cluster = aCluster();
    const strange = { ...aPolicy(), status: { phase: 'Fine', conditions: 'all good' } };
    cluster.apply(point(), { kind: 'EgressPolicy', key: 'shop/checkout', object: strange });
    expect(await cluster.flush()).toContain('EgressPolicy/shop/checkout');
  });
});

/** The ids of the rules of the two policies, as a worker would name them. */
function idsOf({ compiler }: { readonly compiler: Compiler }): { readonly web: string; readonly other: string } {
  const rules = compiler.desired('edge')?.rules ?? [];
  const of = (name: string): string => rules.find(({ origin }) => origin.name === name)?.id ?? '';
  return { web: of('web'), other: of('other') };
}
