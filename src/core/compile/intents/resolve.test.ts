import { describe, expect, it } from 'vitest';
import type { DestinationRef } from '../../../api/fields/destination.ts';
import type { ObjectChange } from '../../model/snapshot.ts';
import { Compiler } from '../compiler.ts';
import { changesOf, clusterPolicy, namespace, policy, service } from '../testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const services = [
  service('ok', { domainNames: ['api.example.com'], ports: [{ port: 443, protocol: 'TCP' }] }),
  service('old', { networks: ['203.0.113.0/24'], governance: { expiresAt: now } }),
  service('bad', { networks: ['10.0.0.1/8'] }),
  service('theirs', { networks: ['203.0.113.0/24'], allowedNamespaces: { matchLabels: { team: 'b' } } }),
];

function problemsOf(changes: ObjectChange[]): { severity: string; subject: string; field: string; code: string }[] {
  const compiler = new Compiler();
  compiler.apply(changes, now);
  return compiler.problems().map(({ severity, subject, field, code }) => ({ severity, subject, field, code }));
}

function codesOf(to: DestinationRef[], action: 'Accept' | 'Deny' = 'Accept'): string[] {
  const changes = changesOf({ externalServices: services, egressPolicies: [policy('app/p', { action, to })] });
  return problemsOf(changes)
    .filter(({ subject }) => subject === 'EgressPolicy/app/p')
    .map(({ severity, field, code }) => `${severity} ${field} ${code}`);
}

describe('an entry of a policy', () => {
  it('may deny what its namespace may not use', () => {
    expect(codesOf([{ externalService: 'theirs' }], 'Deny')).toEqual([]);
  });

  it.each<[string, DestinationRef, string[]]>([
    ['a service', { externalService: 'ok' }, []],
    ['names and networks', { domainNames: ['a.test'], networks: ['203.0.113.0/24'] }, []],
    ['a service that is not there', { externalService: 'none' }, ['error spec.to[0] unresolved-reference']],
    ['a service that cannot be read', { externalService: 'bad' }, ['error spec.to[0] unresolved-reference']],
    ['an expired service', { externalService: 'old' }, ['warning spec.to[0] expired']],
    ['a service of others', { externalService: 'theirs' }, ['error spec.to[0] service-not-allowed']],
    [
      'no port of the service',
      { externalService: 'ok', ports: [{ port: 80, protocol: 'TCP' }] },
      ['error spec.to[0] no-common-port'],
    ],
    ['host bits', { networks: ['10.0.0.1/8'] }, ['error spec.to[0] invalid-network']],
    ['an address for a name', { domainNames: ['192.0.2.1'] }, ['error spec.to[0] invalid-name']],
    [
      'a reversed range',
      { networks: ['192.0.2.0/24'], ports: [{ port: 9, endPort: 8, protocol: 'TCP' }] },
      ['error spec.to[0] invalid-port'],
    ],
    ['no destination', { ports: [{ port: 80, protocol: 'TCP' }] }, ['error spec.to[0] empty-destination']],
    [
      'two forms at once',
      { externalService: 'ok', networks: ['192.0.2.0/24'] },
      ['error spec.to[0] ambiguous-destination'],
    ],
  ])('with %s has the problems %j', (_, entry, codes) => {
    expect(codesOf([entry])).toEqual(codes);
  });

  it('of a Deny may not name domains, not even in part', () => {
    const both = { domainNames: ['a.test'], networks: ['203.0.113.0/24'] };
    const code = 'error spec.to[0] deny-on-domain-name';
    expect(codesOf([{ domainNames: ['a.test'] }], 'Deny')).toEqual([code]);
    expect(codesOf([both], 'Deny')).toEqual([code]);
    expect(codesOf([{ externalService: 'ok' }], 'Deny')).toEqual([code]);
    expect(codesOf([{ externalService: 'old' }], 'Deny')).toEqual(['error spec.to[0] expired']);
  });

  it('that is broken does not take the others with it, and a broken Deny says what it leaves open', () => {
    const compiler = new Compiler();
    const to = [{ externalService: 'none' }, { networks: ['203.0.113.0/24'] }];
    compiler.apply(changesOf({ egressPolicies: [policy('app/p', { action: 'Deny', to })] }), now);
    expect(compiler.problems()).toEqual([
      {
        severity: 'error',
        subject: 'EgressPolicy/app/p',
        field: 'spec.to[0]',
        code: 'unresolved-reference',
        message:
          'there is no ExternalService none; create it or correct the name; until then this Deny does not hold, and what it was to stop stays open',
      },
    ]);
  });
});

describe('a policy', () => {
  const to = [{ networks: ['203.0.113.0/24'] }];

  it('whose subject cannot be read contributes nothing', () => {
    const selector = { matchLabels: { app: 'a,b' } };
    expect(
      problemsOf(
        changesOf({
          egressPolicies: [
            policy('app/a', { subject: { podSelector: selector }, to }),
            policy('app/b', { subject: { serviceAccounts: [] }, to }),
            policy('app/c', { subject: { serviceAccounts: ['a,b'] }, to }),
          ],
          clusterEgressPolicies: [
            clusterPolicy('d', { subject: { namespaceSelector: selector }, egress: [{ action: 'Deny', to }] }),
          ],
        }),
      ),
    ).toEqual([
      { severity: 'error', subject: 'ClusterEgressPolicy/d', field: 'spec.subject', code: 'invalid-selector' },
      { severity: 'error', subject: 'EgressPolicy/app/a', field: 'spec.subject', code: 'invalid-selector' },
      { severity: 'error', subject: 'EgressPolicy/app/b', field: 'spec.subject', code: 'empty-service-accounts' },
      { severity: 'error', subject: 'EgressPolicy/app/c', field: 'spec.subject', code: 'invalid-service-account' },
    ]);
  });

  it('that expired, or whose end cannot be read, contributes nothing and says so', () => {
    const governed = (expiresAt: string): ObjectChange[] =>
      changesOf({ egressPolicies: [policy('app/p', { to, governance: { expiresAt } })] });
    const found = { subject: 'EgressPolicy/app/p', field: 'spec.governance.expiresAt' };
    expect(problemsOf(governed(now))).toEqual([{ severity: 'warning', ...found, code: 'expired' }]);
    expect(problemsOf(governed('soon'))).toEqual([{ severity: 'error', ...found, code: 'invalid-expiry' }]);
    expect(problemsOf(governed('2026-06-01T00:00:01Z'))).toEqual([]);
  });

  it('may use a service as soon as the labels of its namespace allow it', () => {
    const changes = changesOf({
      externalServices: services.slice(3),
      egressPolicies: [policy('app/p', { to: [{ externalService: 'theirs' }] })],
    });
    expect(problemsOf(changes).map(({ code }) => code)).toEqual(['service-not-allowed']);
    expect(problemsOf([...changes, ...changesOf({ namespaces: [namespace('app', { team: 'b' })] })])).toEqual([]);
  });

  it('of equal priority to another has an order that nobody chose', () => {
    const rule = { action: 'Deny' as const, to };
    const other = { action: 'Deny' as const, to: [{ networks: ['198.51.100.0/24'] }] };
    const clusterEgressPolicies = [
      clusterPolicy('b', { priority: 5, egress: [rule] }),
      clusterPolicy('a', { priority: 5, egress: [other] }),
      clusterPolicy('c', {
        priority: 5,
        tier: 'Baseline',
        egress: [{ ...rule, to: [{ networks: ['192.0.2.0/24'] }] }],
      }),
    ];
    expect(problemsOf(changesOf({ clusterEgressPolicies }))).toEqual([
      { severity: 'warning', subject: 'ClusterEgressPolicy/b', field: 'spec.priority', code: 'equal-priority' },
    ]);
  });
});
