import { expect, it } from 'vitest';
import { aPod } from '../../test/kit/builders.ts';
import type { TableRule } from '../core/model/table.ts';
import { policiesOf } from './rulebase.ts';

/* What single rules become; that it is no more than the device permits is a law (test/adopt.test.ts). */

const pods = [aPod({ namespace: 'a', addresses: ['10.7.0.1', '2001:db8::1'] })];
const rule = (fields: Partial<TableRule>): TableRule => ({
  ...{ name: 'Office: web', action: 'Accept', sources: ['10.7.0.0/24'], ports: [], foreign: true },
  ...{ destination: { any: false, names: [], networks: ['203.0.113.0/24'] } },
  ...fields,
});

function read(...rules: readonly TableRule[]) {
  const { objects, report } = policiesOf({ point: 'edge', rules, pods });
  const told = report.flatMap(({ effect, code }) => (effect === 'carried' ? [] : [code]));
  return { names: objects.map(({ metadata }) => metadata.name), specs: objects.map(({ spec }) => spec), told };
}

it('names a policy after the point, the place and the rule, and takes the sides of both families for one', () => {
  const both = [
    rule({}),
    rule({ sources: ['2001:db8::/32'], destination: { any: false, names: [], networks: ['2001:db8:1::/48'] } }),
  ];
  const { names, specs, told } = read(...both);
  expect([names, told]).toEqual([['edge-1-office-web'], ['tcp-and-udp', 'by-address']]);
  expect(specs).toMatchObject([{ tier: 'Baseline', priority: 50 }]);
  // A pod that has an address of the other family as well is not the rule's alone.
  expect(read(rule({})).specs).toEqual([]);
});

it('takes two rules of one name for two where what is joined would permit more', () => {
  const elsewhere = { any: false, names: [], networks: ['198.51.100.0/24'] };
  const both = [
    rule({ sources: ['10.7.0.0/24', '2001:db8::/32'] }),
    rule({ sources: ['192.0.2.0/24'], destination: elsewhere }),
  ];
  expect(JSON.stringify(read(...both).specs)).not.toContain('198.51.100.0');
});

it.each<[string, Partial<TableRule>, string]>([
  ['what is not understood', { doubt: 'schedule office-hours' }, 'rule-not-known'],
  ['what is inspected', { inspected: 'av-profile default' }, 'rule-inspects'],
  ['a pattern', { destination: { any: false, names: ['*.example.com'], networks: [] } }, 'pattern-not-expressible'],
])('permits nothing by %s', (_, fields, code) => {
  const { specs, told } = read(
    rule({ sources: ['0.0.0.0/0', '::/0'], ports: [{ protocol: 'TCP', port: 443 }], ...fields }),
  );
  expect([specs, told]).toEqual([[], [code]]);
});

it.each<[string, Partial<TableRule>]>([
  ['a name', { destination: { any: false, names: ['bad.example.com'], networks: [] } }],
  ['somebody who is no address', { sources: [] }],
  ['what is not understood', { doubt: 'groups guests' }],
])('denies more where a rule denies %s', (_, fields) => {
  const { specs, told } = read(rule({ action: 'Deny', ...fields }));
  expect(specs).toMatchObject([{ egress: [{ action: 'Deny' }] }]);
  expect(told).toContain('denies-more');
});

it('keeps the place of what is permitted before a Deny by a Pass, and leaves it open to a Deny of the namespace', () => {
  const some = { sources: ['10.7.0.0/24', '2001:db8::/32'], ports: [{ protocol: 'TCP', port: 443 }] } as const;
  const { names, specs } = read(rule({ ...some, name: 'a' }), rule({ ...some, name: 'b', action: 'Deny' }), rule(some));
  expect(names).toEqual(['edge-1-a-pass', 'edge-1-a', 'edge-2-b', 'edge-3-office-web']);
  expect(specs).toMatchObject([
    { tier: 'Admin', priority: 50, egress: [{ action: 'Pass' }] },
    { tier: 'Baseline', priority: 50, egress: [{ action: 'Accept' }] },
    { tier: 'Admin', priority: 51, egress: [{ action: 'Deny' }] },
    { tier: 'Baseline', priority: 52, egress: [{ action: 'Accept' }] },
  ]);
});

it('leaves what another cluster permits to it, and denies what it denies', () => {
  const of = (action: TableRule['action']) => read(rule({ action, cluster: 'west', sources: ['0.0.0.0/0', '::/0'] }));
  expect(of('Accept').specs).toEqual([]);
  expect(of('Deny').specs).toMatchObject([{ egress: [{ action: 'Deny' }] }]);
});
