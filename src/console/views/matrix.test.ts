import { describe, expect, it } from 'vitest';
import { aNamespace, aPod, aPolicy, aService, aSnapshot } from '../../../test/kit/builders.ts';
import { entriesOf, matrixOf } from '../../report/matrix/matrix.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { matrixView } from './matrix.ts';

const remaining = remainingFrom(0);

describe('the packed matrix', () => {
  const snapshot = aSnapshot({
    namespaces: [aNamespace('shop'), aNamespace('bank')],
    pods: ['web', 'api', 'job'].flatMap((app) =>
      ['shop', 'bank'].map((namespace) =>
        aPod({ namespace, name: `${app}-1`, labels: { app }, workload: `Deployment/${app}` }),
      ),
    ),
    externalServices: [
      aService({ domainNames: ['*.github.com'], networks: undefined, ports: [{ port: 443 }] }, { name: 'github' }),
    ],
    egressPolicies: [
      aPolicy({
        subject: { podSelector: { matchLabels: { app: 'web' } } },
        to: [{ externalService: 'github' }, { networks: ['203.0.113.0/24'], ports: [{ port: 53, protocol: 'UDP' }] }],
      }),
    ],
  });

  it('says of every cell what the matrix says', () => {
    const { columns, rows, profiles, answers, namespaces } = matrixView(snapshot, remaining);
    const unpacked = rows.flatMap(([namespace, workload, serviceAccount, profile]) =>
      columns.map(({ destination, port, protocol }, at) => {
        const pairs = profiles[profile] ?? [];
        const index = pairs.findIndex((one, place) => place % 2 === 0 && one === at);
        const { verdict, policy, tier } = answers[index < 0 ? 0 : (pairs[index + 1] ?? 0)] ?? {};
        return {
          namespace: namespaces[namespace],
          workload,
          serviceAccount,
          destination,
          port,
          protocol,
          verdict,
          policy,
          tier,
        };
      }),
    );
    const whole = [...entriesOf(matrixOf(snapshot, remaining))].map((entry) => ({ ...entry, port: `${entry.port}` }));
    expect(unpacked).toEqual(whole);
    expect(unpacked).toHaveLength(12);
  });

  it('writes what is alike once, and an example of each column', () => {
    const { columns, profiles, rows } = matrixView(snapshot, remaining);
    expect([rows.length, profiles.length]).toEqual([6, 2]);
    expect(columns.map(({ example, service }) => [example, service])).toEqual([
      ['www.github.com:443', true],
      ['203.0.113.0:53/udp', false],
    ]);
  });
});
