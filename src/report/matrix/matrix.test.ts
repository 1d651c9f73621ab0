import { describe, expect, it } from 'vitest';
import { aClusterPolicy, aNamespace, aPod, aPolicy, aService, aSnapshot } from '../../../test/kit/builders.ts';
import { entriesOf, matrixOf, type Entry } from './matrix.ts';
import { matrixCsv, matrixJson } from './matrix-data.ts';
import { matrixHtml } from './matrix-html.ts';
import { matrixText } from './matrix-text.ts';

const remaining = (): number => 1;
const short = ({ workload, destination, port, protocol, verdict, policy, tier }: Entry): string =>
  [workload, destination, port, protocol, verdict, policy ?? '-', tier].join(' ');

const shop = aSnapshot({
  namespaces: [aNamespace('shop')],
  pods: [
    aPod({ name: 'web-1', labels: { app: 'web' }, workload: 'ReplicaSet/web-5d', serviceAccount: 'web' }),
    aPod({ name: 'web-2', labels: { app: 'web' }, workload: 'ReplicaSet/web-5d', serviceAccount: 'web' }),
    aPod({ name: 'batch-1', labels: { app: 'web' }, workload: 'Job/batch', phase: 'Succeeded' }),
    aPod({ name: 'adhoc', labels: {} }),
  ],
  externalServices: [
    aService({ domainNames: ['api.pay.test'], ports: [{ port: 5432, endPort: 5440 }, { port: 443 }] }),
    aService({ networks: ['198.51.100.0/24'], ports: undefined, allPorts: true }, { name: 'anything' }),
  ],
  egressPolicies: [
    aPolicy({
      subject: { podSelector: { matchLabels: { app: 'web' } } },
      to: [{ externalService: 'payments' }, { domainNames: ['httpbin.org'], ports: [{ port: 443 }] }],
    }),
  ],
  clusterEgressPolicies: [aClusterPolicy()],
});

describe('the matrix', () => {
  it('lets every workload meet every destination and port', () => {
    const entries = [...entriesOf(matrixOf(shop, remaining))];
    expect(entries.map(short)).toEqual([
      'Pod/adhoc anything any any Deny - Default',
      'Pod/adhoc payments 443 TCP Deny - Default',
      'Pod/adhoc payments 5432-5440 TCP Deny - Default',
      'Pod/adhoc 169.254.169.254/32 any any Deny ClusterEgressPolicy/floor Admin',
      'Pod/adhoc httpbin.org 443 TCP Deny - Default',
      'ReplicaSet/web-5d anything any any Deny - Default',
      'ReplicaSet/web-5d payments 443 TCP Accept EgressPolicy/shop/checkout Namespace',
      'ReplicaSet/web-5d payments 5432-5440 TCP Accept EgressPolicy/shop/checkout Namespace',
      'ReplicaSet/web-5d 169.254.169.254/32 any any Deny ClusterEgressPolicy/floor Admin',
      'ReplicaSet/web-5d httpbin.org 443 TCP Accept EgressPolicy/shop/checkout Namespace',
    ]);
    expect(entries[6]).toEqual({
      namespace: 'shop',
      workload: 'ReplicaSet/web-5d',
      serviceAccount: 'web',
      destination: 'payments',
      port: 443,
      protocol: 'TCP',
      verdict: 'Accept',
      policy: 'EgressPolicy/shop/checkout',
      tier: 'Namespace',
    });
  });

  it('accepts a service only if every name and network of it is accepted', () => {
    const policy = aPolicy({ to: [{ domainNames: ['api.pay.test'], ports: [{ port: 443 }] }] });
    const service = aService({ domainNames: ['api.pay.test'], networks: ['203.0.113.0/24'] });
    const found = matrixOf(
      aSnapshot({ pods: [aPod()], egressPolicies: [policy], externalServices: [service] }),
      remaining,
    );
    expect([...entriesOf(found)].map(short)).toEqual([
      'Pod/checkout-1 payments 443 TCP Deny - Default',
      'Pod/checkout-1 api.pay.test 443 TCP Accept EgressPolicy/shop/checkout Namespace',
    ]);
  });

  it('has a column of its own for the port that a policy picks out of a service', () => {
    const policy = aPolicy({ to: [{ externalService: 'payments', ports: [{ port: 5433 }] }] });
    const service = aService({ ports: [{ port: 5432, endPort: 5440 }] });
    const found = matrixOf(
      aSnapshot({ pods: [aPod()], egressPolicies: [policy], externalServices: [service] }),
      remaining,
    );
    expect([...entriesOf(found)].map(short)).toEqual([
      'Pod/checkout-1 payments 5432-5440 TCP Deny - Default',
      'Pod/checkout-1 payments 5433 TCP Accept EgressPolicy/shop/checkout Namespace',
    ]);
  });

  it('denies a workload what not all of its pods may do', () => {
    const policy = aPolicy({ subject: { podSelector: { matchLabels: { version: 'new' } } } });
    const pods = [
      aPod({ workload: 'StatefulSet/db' }),
      aPod({ name: 'db-1', workload: 'StatefulSet/db', labels: { version: 'new' } }),
    ];
    const found = matrixOf(aSnapshot({ pods, egressPolicies: [policy] }), remaining);
    expect([...entriesOf(found)].map(short)).toEqual(['StatefulSet/db 203.0.113.0/24 443 TCP Deny - Default']);
  });

  it('tells what is denied in part from what is denied', () => {
    const whole = { networks: ['203.0.113.0/24'] };
    const part = aPolicy({ to: [whole, { networks: ['203.0.113.0/28'], ports: [{ port: 443 }] }] });
    const deny = aPolicy({ action: 'Deny', to: [{ networks: ['203.0.113.8/29'] }] }, { name: 'no' });
    const found = matrixOf(aSnapshot({ pods: [aPod()], egressPolicies: [part, deny] }), remaining);
    expect([...entriesOf(found)].map(({ destination, verdict, partial }) => [destination, verdict, partial])).toEqual([
      ['203.0.113.0/24', 'Deny', true],
      ['203.0.113.0/28', 'Deny', true],
      ['203.0.113.8/29', 'Deny', undefined],
    ]);
    expect(matrixText(found, 100, (plain) => plain)).toMatch(
      / ◐ .* ◐ .* ✗\n\n✓ accepted 0 {2}◐ in part only 2 {2}✗ denied 1\n$/,
    );
    expect([...matrixHtml(found, '2026-06-01T00:00:00Z')].join('')).toContain(
      '<td class="partial">Deny, but accepted in part<br>',
    );
  });

  it('takes 10,000 pods and 300 destinations in its stride', () => {
    const pods = Array.from({ length: 10_000 }, (_, i) =>
      aPod({
        namespace: `ns-${i % 100}`,
        name: `p-${i}`,
        labels: { app: `app-${i % 10}`, hash: String(i) },
        workload: `Deployment/d-${i % 1000}`,
      }),
    );
    const externalServices = Array.from({ length: 300 }, (_, i) =>
      aService({ networks: [`203.0.${i >> 8}.${i & 255}/32`] }, { name: `s-${i}` }),
    );
    const egressPolicies = Array.from({ length: 1000 }, (_, i) =>
      aPolicy(
        {
          subject: { podSelector: { matchLabels: { app: `app-${i % 10}` } } },
          to: [{ externalService: `s-${i % 300}` }],
        },
        { namespace: `ns-${i % 100}`, name: `p-${i}` },
      ),
    );
    const { rows, columns } = matrixOf(aSnapshot({ pods, externalServices, egressPolicies }), remaining);
    expect([rows.length, columns.length]).toEqual([1000, 300]);
    expect(rows.flatMap(({ cells }) => cells).filter(({ verdict }) => verdict === 'Accept').length).toBeGreaterThan(0);
  });
});

describe('formats of the matrix', () => {
  const matrix = matrixOf(shop, remaining);
  const text = (pieces: Iterable<string>): string => [...pieces].join('');

  it('JSON is the entries, one per line', () => {
    const json = text(matrixJson(matrix));
    expect(JSON.parse(json)).toEqual([...entriesOf(matrix)]);
    expect(json.split('\n').length).toBe(10 + 3);
  });

  it('JSON of nothing is an empty array', () => {
    expect(text(matrixJson({ columns: [], rows: [] }))).toBe('[]\n');
  });

  it('text is a table that a person reads', () => {
    expect(matrixText(matrix, 100, (plain) => plain)).toBe(
      [
        '                        anything  payments  payments       169.254.169.254/32  httpbin.org',
        '                        any port  443/TCP   5432-5440/TCP  any port            443/TCP',
        'shop Pod/adhoc          ✗         ✗         ✗              ✗                   ✗',
        'shop ReplicaSet/web-5d  ✗         ✓         ✓              ✗                   ✓',
        '',
        '✓ accepted 3  ✗ denied 7',
        '',
      ].join('\n'),
    );
  });

  it('a wide table continues below, with the applications beside it again', () => {
    const lines = matrixText(matrix, 60, (plain) => plain).split('\n');
    expect(lines.filter((line) => line.startsWith('shop Pod/adhoc')).length).toBe(2);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
  });

  it('CSV quotes what must be quoted, and is no formula', () => {
    const hostile = matrixOf(
      aSnapshot({ pods: [aPod({ workload: 'Pod/a,"b"', serviceAccount: '=1+1' })], externalServices: [aService()] }),
      remaining,
    );
    expect(text(matrixCsv(hostile))).toBe(
      'namespace,workload,serviceAccount,destination,port,protocol,verdict,policy,tier\r\n' +
        `shop,"Pod/a,""b""",'=1+1,payments,443,TCP,Deny,,Default\r\n`,
    );
  });

  it('HTML is one page, and texts in it stay texts', () => {
    const hostile = matrixOf(
      aSnapshot({ pods: [aPod({ workload: '<script>alert(1)</script>' })], externalServices: [aService()] }),
      remaining,
    );
    const html = text(matrixHtml(hostile, '2026-06-01T00:00:00Z'));
    expect(html).not.toContain('<script>');
    expect(html).toContain('<th scope="row">&lt;script&gt;alert(1)&lt;/script&gt;</th>');
    expect(html).toContain('<td class="deny">Deny<br><small>no policy</small></td>');
    expect(html).not.toMatch(/(src|href)=/);
  });
});
