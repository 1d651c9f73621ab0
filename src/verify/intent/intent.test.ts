import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aClusterPolicy, aNamespace, aPoint, aPolicy, aService, aSnapshot } from '../../../test/kit/builders.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { parseCidr } from '../../net/cidr.ts';
import { split, type FlowSet, type RuleScope } from '../flows/flow-set.ts';
import { addressIntervals, portIntervals } from '../flows/intervals.ts';
import { readIntent, type Answer, type IntentSubject } from './intent.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const remaining = (time: string): number => Date.parse(time) - now;
const shop: IntentSubject = { namespace: 'shop', labels: { app: 'web' }, serviceAccount: 'web' };

/** `example.com`, `203.0.113.0/24`, each with `:port`, or without for every port. */
function to(text: string): FlowSet {
  const [target = '', port] = text.split(' ');
  const ports = portIntervals(port === undefined ? [] : [{ port: Number(port), protocol: 'TCP' }]);
  return { to: parseCidr(target) ? { addresses: addressIntervals([target]) } : { name: target, except: [] }, ports };
}

function ask(snapshot: Partial<Snapshot>, flows: string, who = shop): Answer {
  return readIntent(aSnapshot(snapshot), remaining)(who).judge(to(flows));
}

function short({ verdict, policy, tier, field }: Answer): string {
  return `${verdict} ${tier} ${policy ?? '-'} ${field}`.trim();
}

const accept = aPolicy({ to: [{ networks: ['203.0.113.0/24'] }] });
const denied = 'Deny Default -';
const byShop = 'Accept Namespace EgressPolicy/shop/checkout spec.to[0]';
const metadata = { networks: ['203.0.113.0/25'] };

describe('what the intent says', () => {
  it('asks one rule after the other, however many are about the flows', () => {
    const count = 5_000;
    const ports = Array.from({ length: count }, (_, i) => ({ networks: ['203.0.113.0/24'], ports: [{ port: i + 1 }] }));
    const chunks = Array.from({ length: count / 50 }, (_, i) => ports.slice(i * 50, i * 50 + 50));
    const egressPolicies = chunks.map((part, i) => aPolicy({ to: part }, { name: `p${i}` }));
    const parts = readIntent(aSnapshot({ egressPolicies }), remaining)(shop).partsOf(to('203.0.113.0/24'));
    expect([parts.length, parts.at(-1)?.answer.verdict]).toEqual([count + 1, 'Deny']);
  });

  it.each<[string, Partial<Snapshot>, string, string]>([
    ['without any policy flows are denied', {}, '203.0.113.1/32 443', denied],
    ['a namespaced policy accepts', { egressPolicies: [accept] }, '203.0.113.1/32 443', byShop],
    ['a network that it accepts in part only is denied', { egressPolicies: [accept] }, '203.0.112.0/23 443', denied],
    [
      'two policies accept together what neither does alone',
      {
        egressPolicies: [
          aPolicy({ to: [{ networks: ['203.0.113.0/25'] }] }, { name: 'a' }),
          aPolicy({ to: [{ networks: ['203.0.113.128/25'] }] }, { name: 'b' }),
        ],
      },
      '203.0.113.0/24 443',
      'Accept Namespace EgressPolicy/shop/a spec.to[0]',
    ],
    [
      'Deny is asked before Accept in a namespace, whatever the names',
      { egressPolicies: [accept, aPolicy({ action: 'Deny', to: [metadata] }, { name: 'zzz' })] },
      '203.0.113.0/24 443',
      'Deny Namespace EgressPolicy/shop/zzz spec.to[0]',
    ],
    [
      'Admin is asked before the namespace',
      {
        egressPolicies: [accept],
        clusterEgressPolicies: [aClusterPolicy({ egress: [{ action: 'Deny', to: [metadata] }] })],
      },
      '203.0.113.1/32 443',
      'Deny Admin ClusterEgressPolicy/floor spec.egress[0].to[0]',
    ],
    [
      'the lower priority is asked first',
      {
        clusterEgressPolicies: [
          aClusterPolicy({ priority: 9, egress: [{ action: 'Deny', to: [metadata] }] }, { name: 'a' }),
          aClusterPolicy({ priority: 1, egress: [{ action: 'Accept', to: [metadata] }] }, { name: 'b' }),
        ],
      },
      '203.0.113.1/32 443',
      'Accept Admin ClusterEgressPolicy/b spec.egress[0].to[0]',
    ],
    [
      'equal priorities are asked by name',
      {
        clusterEgressPolicies: [
          aClusterPolicy({ egress: [{ action: 'Deny', to: [metadata] }] }, { name: 'b' }),
          aClusterPolicy({ egress: [{ action: 'Accept', to: [metadata] }] }, { name: 'a' }),
        ],
      },
      '203.0.113.1/32 443',
      'Accept Admin ClusterEgressPolicy/a spec.egress[0].to[0]',
    ],
    [
      'Pass skips the rest of Admin and hands the flow to the namespace',
      {
        egressPolicies: [accept],
        clusterEgressPolicies: [
          aClusterPolicy({
            egress: [
              { action: 'Pass', to: [metadata] },
              { action: 'Deny', to: [{ networks: ['0.0.0.0/0', '::/0'] }] },
            ],
          }),
        ],
      },
      '203.0.113.1/32 443',
      byShop,
    ],
    [
      'what is not passed stays with Admin',
      {
        egressPolicies: [accept],
        clusterEgressPolicies: [
          aClusterPolicy({
            egress: [
              { action: 'Pass', to: [metadata] },
              { action: 'Deny', to: [{ networks: ['0.0.0.0/0', '::/0'] }] },
            ],
          }),
        ],
      },
      '203.0.113.0/24 443',
      'Deny Admin ClusterEgressPolicy/floor spec.egress[1].to[0]',
    ],
    [
      'Baseline is asked last',
      { clusterEgressPolicies: [aClusterPolicy({ tier: 'Baseline', egress: [{ action: 'Accept', to: [metadata] }] })] },
      '203.0.113.1/32 443',
      'Accept Baseline ClusterEgressPolicy/floor spec.egress[0].to[0]',
    ],
    [
      'a Pass of Baseline hands the flow to the default',
      {
        enforcementPoints: [aPoint({ defaultAction: 'Accept' })],
        clusterEgressPolicies: [
          aClusterPolicy({
            tier: 'Baseline',
            egress: [
              { action: 'Pass', to: [metadata] },
              { action: 'Deny', to: [metadata] },
            ],
          }),
        ],
      },
      '203.0.113.1/32 443',
      'Accept Default -',
    ],
    [
      'one point that denies by default is enough',
      { enforcementPoints: [aPoint({ defaultAction: 'Accept' }), aPoint({}, { name: 'other' })] },
      '203.0.113.1/32 443',
      denied,
    ],
    [
      'a wildcard holds the names below',
      { egressPolicies: [aPolicy({ to: [{ domainNames: ['*.example.com'] }] })] },
      'a.b.example.com 443',
      byShop,
    ],
    [
      'a wildcard is not the apex',
      { egressPolicies: [aPolicy({ to: [{ domainNames: ['*.example.com'] }] })] },
      'example.com 443',
      denied,
    ],
    [
      'one name below does not make the wildcard',
      { egressPolicies: [aPolicy({ to: [{ domainNames: ['a.example.com'] }] })] },
      '*.example.com 443',
      denied,
    ],
    [
      'both halves of the address space hold every name',
      { egressPolicies: [aPolicy({ to: [{ networks: ['0.0.0.0/0', '::/0'] }] })] },
      'example.com 443',
      byShop,
    ],
    [
      'one half of it does not accept a name',
      { egressPolicies: [aPolicy({ to: [{ networks: ['0.0.0.0/0'] }] })] },
      'example.com 443',
      denied,
    ],
    [
      'but denies it',
      {
        egressPolicies: [aPolicy({ to: [{ domainNames: ['example.com'] }] })],
        clusterEgressPolicies: [aClusterPolicy({ egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] }] })],
      },
      'example.com 443',
      'Deny Admin ClusterEgressPolicy/floor spec.egress[0].to[0]',
    ],
    [
      'every port is more than every TCP and UDP port',
      {
        egressPolicies: [
          aPolicy({
            to: [
              {
                networks: ['203.0.113.0/24'],
                ports: [
                  { port: 1, endPort: 65535, protocol: 'TCP' },
                  { port: 1, endPort: 65535, protocol: 'UDP' },
                ],
              },
            ],
          }),
        ],
      },
      '203.0.113.1/32',
      denied,
    ],
    [
      'an expired policy contributes nothing, from the very moment',
      { egressPolicies: [aPolicy({ ...accept.spec, governance: { expiresAt: '2026-06-01T02:00:00+02:00' } })] },
      '203.0.113.1/32 443',
      denied,
    ],
    [
      'a policy that expires later counts',
      { egressPolicies: [aPolicy({ ...accept.spec, governance: { expiresAt: '2026-06-01T00:00:01Z' } })] },
      '203.0.113.1/32 443',
      byShop,
    ],
    [
      'a service gives its destination and ports',
      { externalServices: [aService()], egressPolicies: [aPolicy({ to: [{ externalService: 'payments' }] })] },
      '203.0.113.1/32 443',
      byShop,
    ],
    [
      'and no other ports',
      { externalServices: [aService()], egressPolicies: [aPolicy({ to: [{ externalService: 'payments' }] })] },
      '203.0.113.1/32 80',
      denied,
    ],
    [
      'an expired service gives nothing',
      {
        externalServices: [aService({ governance: { expiresAt: '2026-01-01T00:00:00Z' } })],
        egressPolicies: [aPolicy({ to: [{ externalService: 'payments' }] })],
      },
      '203.0.113.1/32 443',
      denied,
    ],
    [
      'a service that is not there gives nothing',
      { egressPolicies: [aPolicy({ to: [{ externalService: 'payments' }] })] },
      '203.0.113.1/32 443',
      denied,
    ],
    [
      'a service that the namespace may not use gives nothing',
      {
        namespaces: [aNamespace('shop')],
        externalServices: [aService({ allowedNamespaces: { matchLabels: { egress: 'payments' } } })],
        egressPolicies: [aPolicy({ to: [{ externalService: 'payments' }] })],
      },
      '203.0.113.1/32 443',
      denied,
    ],
    [
      'a service is used by whoever is allowed, in a cluster-wide policy too',
      {
        namespaces: [aNamespace('shop', { egress: 'payments' })],
        externalServices: [aService({ allowedNamespaces: { matchLabels: { egress: 'payments' } } })],
        clusterEgressPolicies: [
          aClusterPolicy({ egress: [{ action: 'Accept', to: [{ externalService: 'payments' }] }] }),
        ],
      },
      '203.0.113.1/32 443',
      'Accept Admin ClusterEgressPolicy/floor spec.egress[0].to[0]',
    ],
  ])('%s', (_, snapshot, flows, expected) => {
    expect(short(ask(snapshot, flows))).toBe(expected);
  });

  it.each<[string, Parameters<typeof aPolicy>[0], boolean]>([
    ['its labels', { subject: { podSelector: { matchLabels: { app: 'web' } } } }, true],
    ['other labels', { subject: { podSelector: { matchLabels: { app: 'db' } } } }, false],
    ['its ServiceAccount', { subject: { serviceAccounts: ['web'] } }, true],
    ['another ServiceAccount', { subject: { serviceAccounts: ['db'] } }, false],
    [
      'its labels and another ServiceAccount',
      { subject: { podSelector: { matchLabels: { app: 'web' } }, serviceAccounts: ['db'] } },
      false,
    ],
  ])('a namespaced policy for %s', (_, spec, applies) => {
    const snapshot = { egressPolicies: [aPolicy({ ...accept.spec, ...spec })] };
    expect(short(ask(snapshot, '203.0.113.1/32 443'))).toBe(applies ? byShop : denied);
  });

  it('a policy is for its own namespace alone', () => {
    expect(short(ask({ egressPolicies: [accept] }, '203.0.113.1/32 443', { ...shop, namespace: 'lab' }))).toBe(denied);
  });
});

describe('cutting flows in two', () => {
  const names = ['a.test', 'x.a.test', '*.a.test', 'y.x.a.test', '*.x.a.test'];
  const networks = ['10.0.0.0/30', '10.0.0.0/31', '10.0.0.2/32', '10.0.0.3/32', '10.0.0.4/30'];
  const ports = fc.constantFrom(
    [],
    [{ port: 1, endPort: 9, protocol: 'TCP' as const }],
    [{ port: 5, protocol: 'TCP' as const }],
    [{ port: 5, endPort: 6, protocol: 'UDP' as const }],
  );
  const target = fc.oneof(
    fc.constantFrom(...names).map((name) => ({ name, except: [] })),
    fc.constantFrom(...networks).map((network) => ({ addresses: addressIntervals([network]) })),
  );
  const atoms = [
    ...['b.a.test', 'x.a.test', 'y.x.a.test', 'z.x.a.test', 'a.test'],
    ...networks.slice(2, 4),
    '10.0.0.1/32',
  ].flatMap((text) => [`${text} 5`, `${text} 9`, `${text} 10`].map(to));
  const isIn = (atom: FlowSet, part: FlowSet): boolean =>
    split(atom, listed(part)).outside.length === 0 &&
    !('except' in part.to && 'name' in atom.to && isExcepted(atom.to.name, part.to.except));
  const isExcepted = (name: string, except: readonly string[]): boolean =>
    except.some((other) => name === other || (other.startsWith('*.') && name.endsWith(other.slice(1))));
  const listed = ({ to: where, ports: on }: FlowSet): RuleScope =>
    'name' in where
      ? { everyName: false, names: [where.name], addresses: [], ports: on }
      : { everyName: false, names: [], addresses: where.addresses, ports: on };

  it('every flow is on exactly one side, and on the right one', () => {
    fc.assert(
      fc.property(
        target,
        ports,
        fc.subarray(names),
        fc.subarray(networks),
        ports,
        (where, on, ruleNames, ruleNetworks, rulePorts) => {
          const flows = { to: where, ports: portIntervals(on) };
          const reach = {
            everyName: false,
            names: ruleNames,
            addresses: addressIntervals(ruleNetworks),
            ports: portIntervals(rulePorts),
          };
          const { inside, outside } = split(flows, reach);
          for (const atom of atoms.filter((one) => isIn(one, flows))) {
            const matched = split(atom, reach).inside.length > 0;
            expect(inside.filter((part) => isIn(atom, part)).length).toBe(matched ? 1 : 0);
            expect(outside.filter((part) => isIn(atom, part)).length).toBe(matched ? 0 : 1);
          }
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});
