import { expect, it } from 'vitest';
import type { TableRule } from '../../core/model/table.ts';
import { NetworkSet } from '../../net/network-set.ts';
import { handover, reasonToStay } from './handover.ts';

const none = NetworkSet.of([]);
const https = [{ protocol: 'TCP', port: 443 }] as const;

function rule(name: string, fields: Partial<TableRule> = {}): TableRule {
  return {
    ...{ name, action: 'Accept', sources: ['10.7.0.0/24'], ports: https },
    ...{ destination: { any: false, names: [], networks: ['203.0.113.0/24'] } },
    ...(name.startsWith('ours') ? {} : { foreign: true }),
    ...fields,
  };
}

function stays(rules: readonly TableRule[], spare = none): string | undefined {
  return reasonToStay({ rules, fallback: 'Deny' }, 'theirs', spare);
}

const to = (...networks: readonly string[]) => ({ any: false, names: [], networks });

it.each<[string, readonly TableRule[]]>([
  ['ours decide before it', [rule('ours'), rule('theirs')]],
  [
    'ours decide after it, in two parts',
    [rule('theirs'), rule('ours a', { sources: ['10.7.0.0/25'] }), rule('ours b', { sources: ['10.7.0.128/25'] })],
  ],
  ['what it denies is denied anyway', [rule('theirs', { action: 'Deny' })]],
  ['it may match or not, and ours do the same', [rule('theirs', { doubt: 'schedule office' }), rule('ours')]],
  [
    'ours say the same name',
    [
      rule('ours', { destination: { any: false, names: ['api.example.com'], networks: [] } }),
      rule('theirs', { destination: { any: false, names: ['api.example.com'], networks: [] } }),
    ],
  ],
])('is not needed where %s', (_, rules) => {
  expect(stays(rules)).toBeUndefined();
});

it.each<[string, readonly TableRule[], string]>([
  [
    'ours are about fewer sources',
    [rule('ours', { sources: ['10.7.0.0/25'] }), rule('theirs')],
    'TCP 443 from 10.7.0.128/25 to 203.0.113.0/24: Accept now, and Deny without it',
  ],
  [
    'ours are about fewer ports',
    [rule('ours'), rule('theirs', { ports: [{ protocol: 'TCP', port: 440, endPort: 450 }] })],
    'TCP 440-442 from 10.7.0.0/24',
  ],
  [
    'ours are about fewer destinations',
    [rule('ours', { destination: to('203.0.113.0/25') }), rule('theirs')],
    'to 203.0.113.128/25',
  ],
  [
    'it denies what ours would permit',
    [rule('theirs', { action: 'Deny' }), rule('ours')],
    'Deny now, and Accept without it',
  ],
  [
    'something may stop what it permits',
    [rule('theirs', { inspected: 'av-profile default' }), rule('ours')],
    'inspected',
  ],
  [
    'nobody can tell what comes after it',
    [rule('theirs'), rule('b', { action: 'Deny', doubt: 'users' }), rule('ours')],
    'it cannot be determined',
  ],
  [
    'it is about other protocols, too',
    [rule('theirs', { ports: [] }), rule('ours', { ports: [] })],
    'neither TCP nor UDP',
  ],
  [
    'what ours permit is known by another name',
    [
      rule('ours', { destination: { any: false, names: ['b.example.com'], networks: [] } }),
      rule('theirs', { destination: { any: false, names: ['a.example.com'], networks: [] } }),
    ],
    'to a.example.com',
  ],
  ['ours are not like it', [rule('ours'), rule('theirs', { unlike: 'nat enable' })], 'nat enable'],
])('stays where %s', (_, rules, reason) => {
  expect(stays(rules)).toContain(reason);
});

it('goes without addresses that nobody has', () => {
  const rules = [rule('theirs'), rule('ours', { sources: ['10.7.0.1'] })];
  expect(stays(rules)).toContain('10.7.0.0/32');
  expect(stays(rules, NetworkSet.of(['10.7.0.0/24']).without(NetworkSet.of(['10.7.0.1/32'])))).toBeUndefined();
});

it('takes the last first, and leaves what is about nobody here or of another cluster', () => {
  const about = NetworkSet.of(['10.7.0.0/24']);
  const rules = [
    ...[rule('ours'), rule('a'), rule('b'), rule('c', { cluster: 'west' }), rule('d', { sources: ['192.168.0.0/16'] })],
    rule('e', { destination: to('198.51.100.0/24') }),
  ];
  const { take, stay } = handover({ table: { rules, fallback: 'Deny' }, about, spare: none });
  expect([take, stay.map(({ rule: name }) => name)]).toEqual([['b', 'a'], ['e']]);
});
