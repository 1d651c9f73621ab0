import { describe, expect, it } from 'vitest';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import { MemoryObjects } from '../../kit/kubernetes/testing/memory-objects.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import { changesOf, clusterPolicy, namespace, point, policy } from '../../src/core/compile/testing/builders.ts';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { syncPoint, type SyncResult } from '../../src/worker/sync/sync-point.ts';
import { networkPolicy } from './adapter.ts';
import { networkPolicyConfigSchema, type NetworkPolicyConfig } from './config.ts';
import { objectCapabilities } from '../../kit/kubernetes/capabilities.ts';
import { networkPolicyKind } from './native.ts';

const owner = { cluster: 'east' };
const edge = point('net', {
  adapter: 'network-policy',
  vantage: { type: 'Labels' },
  namespaceSelector: { matchLabels: { egress: 'closed' } },
});
const closed = { egress: 'closed' };
const database = { networks: ['192.0.2.0/24'], ports: [{ port: 5432, protocol: 'TCP' as const }] };

function desiredFor(parts: Partial<Snapshot>): DesiredState {
  const compiler = new Compiler();
  const base = {
    enforcementPoints: [edge],
    namespaces: [namespace('shop', closed), namespace('bank', closed), namespace('open')],
  };
  compiler.apply(changesOf({ ...base, ...parts }), '2026-01-01T00:00:00Z');
  return compiler.desired('net')!;
}

function contextFor(config: Partial<NetworkPolicyConfig> = {}): LowerContext<NetworkPolicyConfig> {
  return { owner, config: { ...networkPolicyConfigSchema.parse({}), ...config }, capabilities: objectCapabilities };
}

const lowered = (desired: DesiredState, config: Partial<NetworkPolicyConfig> = {}) =>
  networkPolicy.lower(desired, contextFor(config));

describe('lowering to NetworkPolicies', () => {
  it('closes each covered namespace but for DNS and other pods, and opens what a rule permits to whom it permits it', () => {
    const web = policy('shop/db', { subject: { podSelector: { matchLabels: { app: 'web' } } }, to: [database] });
    const { resources, losses } = lowered(desiredFor({ egressPolicies: [web] }));
    expect(losses).toEqual([]);
    expect(resources.map(({ name, effect }) => [name, effect])).toEqual([
      [expect.stringMatching(/^bank\/pn-east-baseline-/), 'Deny'],
      [expect.stringMatching(/^shop\/pn-east-baseline-/), 'Deny'],
      [expect.stringMatching(/^shop\/pn-east-db-/), 'Accept'],
    ]);
    expect(resources[1]?.spec['spec']).toEqual({
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [
            { port: 53, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
        { to: [{ namespaceSelector: {} }] },
      ],
    });
    expect(resources[2]?.spec['spec']).toEqual({
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ port: 5432, protocol: 'TCP' }] }],
    });
  });

  it('lets pods to each resolver, at the ports that its pods have', () => {
    const { dns } = networkPolicyConfigSchema.parse({
      dns: [
        { namespace: 'openshift-dns', labels: { dns: 'default' }, ports: [5353] },
        { addresses: ['169.254.20.10/32'] },
      ],
    });
    const [baseline] = lowered(desiredFor({}), { dns, inCluster: 'none' }).resources;
    const both = (port: number) => [
      { port, protocol: 'TCP' },
      { port, protocol: 'UDP' },
    ];
    const openshift = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
      podSelector: { matchLabels: { dns: 'default' } },
    };
    expect((baseline?.spec['spec'] as { egress: unknown[] }).egress).toEqual(
      expect.arrayContaining([
        { to: [openshift], ports: both(5353) },
        { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: both(53) },
      ]),
    );
  });

  it.each([
    ['labels without a namespace', { labels: { dns: 'default' } }, /give namespace and labels together/],
    ['a resolver that is nowhere', { ports: [53] }, /give namespace and labels of the resolver pods, or addresses/],
  ])('refuses %s', (_, dns, message) => {
    expect(() => networkPolicyConfigSchema.parse({ dns })).toThrow(message);
  });

  it.each([
    ['a resolver', { dns: { namespace: 'kube-system', labels: {} } }],
    ['a gateway', { gateways: [{ namespace: 'istio-egress', labels: {}, ports: [443] }] }],
    ['a control plane', { controlPlane: { namespace: 'istio-system', labels: {} } }],
  ])('refuses %s that every pod of a namespace would be', (_, config) => {
    expect(() => networkPolicyConfigSchema.parse(config)).toThrow(/must name a label: without one, every pod/);
  });

  it('lets pods to gateways, waypoints and the control plane, where they may use them', () => {
    const gateways = [
      { namespace: 'istio-egress', labels: { gateway: 'shared' }, ports: [80, 443] },
      { namespace: 'istio-egress', labels: { gateway: 'bank' }, ports: [443], namespaces: ['bank'] },
    ];
    const peers = (mesh: NetworkPolicyConfig['mesh'], at: string): string[] => {
      const { resources } = lowered(desiredFor({}), { gateways, mesh, inCluster: 'none' });
      const { egress } = resources.find(({ name }) => name.startsWith(at))?.spec['spec'] as { egress: unknown[] };
      return egress.map((rule) => JSON.stringify(rule)).filter((text) => text.includes('istio'));
    };
    expect(peers('none', 'shop')).toHaveLength(1);
    expect(peers('none', 'bank')).toHaveLength(2);
    expect(peers('sidecar', 'shop').some((text) => text.includes('15012') && text.includes('pilot'))).toBe(true);
    expect(peers('ambient', 'shop')[0]).toContain('15008');
  });

  it('says what cannot be said by address or by label, and permits none of it', () => {
    const named = policy('shop/api', { to: [{ domainNames: ['api.test'] }] });
    const accounts = policy('shop/db', { subject: { serviceAccounts: ['runner'] }, to: [database] });
    const { resources, losses } = lowered(desiredFor({ egressPolicies: [named, accounts] }));
    expect(resources.filter(({ effect }) => effect === 'Accept')).toEqual([]);
    expect(losses.map(({ code }) => code)).toEqual(['names-need-a-gateway', 'service-account-not-selectable']);
  });

  it('takes what a Deny takes away out of the grants after it, and says so where that concerns neighbours', () => {
    const deny = (podSelector: Record<string, string>) =>
      clusterPolicy('no-lab', {
        subject: { podSelector: { matchLabels: podSelector } },
        egress: [{ action: 'Deny', to: [{ networks: ['192.0.2.128/25'] }] }],
      });
    const grant = policy('shop/db', { subject: { podSelector: { matchLabels: { app: 'web' } } }, to: [database] });
    const blocks = (podSelector: Record<string, string>): unknown => {
      const { resources, losses } = lowered(
        desiredFor({ egressPolicies: [grant], clusterEgressPolicies: [deny(podSelector)] }),
      );
      const { spec } = resources.find(({ effect }) => effect === 'Accept')?.spec as {
        spec: { egress: { to: unknown[] }[] };
      };
      return [spec.egress[0]?.to, losses.map(({ code }) => code)];
    };
    const lower = [{ ipBlock: { cidr: '192.0.2.0/25' } }];
    expect(blocks({ app: 'web' })).toEqual([lower, []]);
    expect(blocks({ tier: 'gold' })).toEqual([lower, ['deny-narrows-neighbours']]);
  });

  it('closes nothing where what no rule matches is to be accepted', () => {
    const { resources, losses } = lowered({ ...desiredFor({}), defaultAction: 'Accept' });
    expect(resources).toEqual([]);
    expect(losses).toMatchObject([{ code: 'open-by-default' }]);
  });

  it('is offered as YAML for kubectl', () => {
    const text = networkPolicy.formats?.['yaml']?.(desiredFor({}), contextFor()) ?? '';
    expect(text.split('---\n')).toHaveLength(3);
    expect(text).toContain('app.kubernetes.io/managed-by: postern');
  });
});

describe('a point of NetworkPolicies', () => {
  const grant = (name: string, app: string) =>
    policy(`shop/${name}`, { subject: { podSelector: { matchLabels: { app } } }, to: [database] });
  const before = desiredFor({ egressPolicies: [grant('a', 'web'), grant('b', 'old')] });
  const after = desiredFor({ egressPolicies: [grant('a', 'api'), grant('c', 'new')] });

  async function sync(objects: MemoryObjects, desired: DesiredState): Promise<SyncResult> {
    const { signal } = new AbortController();
    const config = networkPolicyConfigSchema.parse({});
    const clock = { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() };
    const session = await networkPolicy.connect(config, {
      point: 'net',
      secret: {},
      owner,
      clock,
      signal,
      kubernetes: objects,
    });
    return syncPoint({
      desired,
      adapter: networkPolicy,
      session,
      context: { owner, config, capabilities: await session.probe() },
      mode: 'Enforce',
      limits: { maxRemovals: 100, maxRemovalsPercent: 100 },
      synced: true,
      ended: new Set(),
      signal,
    });
  }
  const told = (objects: MemoryObjects): unknown =>
    objects
      .all()
      .map(({ kind, metadata: { namespace = '', name, labels }, spec }) => [kind, namespace, name, labels, spec])
      .sort();

  it('settles: what was applied is what is read, and the next sync writes nothing', async () => {
    const objects = new MemoryObjects([networkPolicyKind]);
    expect(await sync(objects, before)).toMatchObject({ state: 'programmed' });
    const again = await sync(objects, before);
    expect([again.state, again.nativeCalls, again.plan.changes]).toEqual(['programmed', 0, []]);
  });

  it('revokes first and grants last', async () => {
    const objects = new MemoryObjects([networkPolicyKind]);
    await sync(objects, before);
    const writes: string[] = [];
    objects.onWritten = ({ verb, name }) => writes.push(`${verb} ${name.replace(/^.*pn-east-(\w+)-.*$/, '$1')}`);
    expect(await sync(objects, after)).toMatchObject({ state: 'programmed' });
    expect(writes).toEqual(['delete b', 'patch a', 'patch c']);
  });

  it('ends the same wherever it is broken off', async () => {
    const direct = new MemoryObjects([networkPolicyKind]);
    await sync(direct, after);
    for (let at = 0; at < 8; at += 1) {
      const objects = new MemoryObjects([networkPolicyKind]);
      await sync(objects, before);
      let calls = 0;
      objects.onCall = () => {
        calls += 1;
        if (calls > at) throw new AdapterError('transient', 'cut off');
      };
      await sync(objects, after).catch(() => undefined);
      objects.onCall = () => undefined;
      expect(await sync(objects, after)).toMatchObject({ state: 'programmed' });
      expect(told(objects)).toEqual(told(direct));
    }
  });

  it('heals what others changed of ours, fields they added included, and touches nothing else', async () => {
    const objects = new MemoryObjects([networkPolicyKind]);
    await sync(objects, before);
    const settled = told(objects);
    const ours = objects.all().find(({ metadata }) => metadata.name.includes('-a-'))!;
    const spec = { ...(ours['spec'] as object), egress: [{}], ingress: [{}] };
    objects.put({ ...ours, spec });
    expect(await sync(objects, before)).toMatchObject({ state: 'programmed' });
    expect(told(objects)).toEqual(settled);
    const theirs = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'theirs', namespace: 'shop' },
      spec: {},
    };
    objects.put(theirs);
    await sync(objects, after);
    expect(told(objects)).toContainEqual(['NetworkPolicy', 'shop', 'theirs', undefined, {}]);
  });

  it('applies a policy for every pod to every pod again after somebody has narrowed it', async () => {
    const objects = new MemoryObjects([networkPolicyKind]);
    await sync(objects, before);
    const settled = told(objects);
    const ours = objects
      .all()
      .find(({ spec }) => Object.keys((spec as { podSelector: object }).podSelector).length === 0)!;
    objects.put({ ...ours, spec: { ...(ours['spec'] as object), podSelector: { matchLabels: { app: 'test' } } } });
    const healed = await sync(objects, before);
    expect([healed.state, healed.plan.changes.map(({ op }) => op)]).toEqual(['programmed', ['update']]);
    expect(told(objects)).toEqual(settled);
  });

  it('leaves an object of somebody else alone that has a name of ours, and does the rest', async () => {
    const objects = new MemoryObjects([networkPolicyKind]);
    const [first] = networkPolicy.lower(before, contextFor()).resources.filter(({ effect }) => effect === 'Accept');
    const [namespace = '', name = ''] = first!.name.split('/');
    objects.put({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec: { theirs: true },
    });
    const { state, quarantined } = await sync(objects, before);
    expect([state, quarantined.map(({ key, error }) => [key.name, error.errorClass])]).toEqual([
      'partial',
      [[first!.name, 'foreign-owned']],
    ]);
    expect(await objects.get(networkPolicyKind, { namespace, name })).toMatchObject({ spec: { theirs: true } });
    expect(objects.all()).toHaveLength(4);
  });

  it('names the permissions that are missing', async () => {
    const result = sync(new MemoryObjects([networkPolicyKind], ['delete', 'patch']), before);
    await expect(result).rejects.toThrow('grant patch, delete on networkpolicies.networking.k8s.io');
  });
});
