import { describe, expect, it } from 'vitest';
import { aGroup, anOrigin, aRule } from '../../../test/kit/builders.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import { orderLosses } from './order.ts';

const named = (fields: Parameters<typeof aRule>[0] = {}): Rule =>
  aRule({ id: '000000000001', sources: ['a00000000001'], to: ['api.example.com'], ...fields });
const denied = (fields: Parameters<typeof aRule>[0] = {}): Rule =>
  aRule({ id: '000000000002', sources: ['d00000000001'], action: 'Deny', to: ['10.0.0.0/8'], ...fields });
const ofBank = denied({ origin: anOrigin({ namespace: 'bank' }) });
const groups = (denying: string): Parameters<typeof orderLosses>[1] =>
  new Map([
    ['a00000000001', aGroup({ id: 'a00000000001', members: ['10.0.0.1'] })],
    ['d00000000001', aGroup({ id: 'd00000000001', role: 'Deny', members: [denying] })],
  ]);
const lossesOf = (rules: readonly Rule[]): ReturnType<typeof orderLosses> => orderLosses(rules, groups('10.0.0.2'));

describe('a rule that accepts a name', () => {
  it.each<readonly [string, readonly Rule[]]>([
    ['the same port', [named(), denied()]],
    ['every port', [named(), denied({ ports: [] })]],
    ['a range with it', [named(), denied({ ports: [{ port: 400, endPort: 500, protocol: 'TCP' }] })]],
    [
      'the same port, for every namespace',
      [named(), denied({ origin: anOrigin({ kind: 'ClusterEgressPolicy', namespace: '' }) })],
    ],
    ['the same port, further below', [named(), aRule({ id: '000000000003' }), denied()]],
  ])('does not hold for networks that a rule below denies on %s', (_, rules) => {
    const losses = lossesOf(rules);
    expect([...losses.keys()]).toEqual(['000000000001']);
    expect(losses.get('000000000001')).toMatchObject({
      code: 'denied-before-names',
      effect: 'approximate',
      message: expect.stringMatching(
        /api\.example\.com is denied where it leads to 10\.0\.0\.0\/8 by (Cluster)?EgressPolicy\//,
      ) as string,
    });
  });

  it.each<readonly [string, readonly Rule[]]>([
    ['a rule above', [denied(), named()]],
    ['a rule about another port', [named(), denied({ ports: [{ port: 22, protocol: 'TCP' }] })]],
    ['a rule about UDP', [named(), denied({ ports: [{ port: 443, protocol: 'UDP' }] })]],
    ['a rule that denies everything, which waits for the name', [named(), denied({ to: 'any' })]],
    ['a rule for all of IPv4, which waits for the name', [named(), denied({ to: ['0.0.0.0/0'] })]],
    ['a rule of another namespace', [named(), ofBank]],
    ['a rule that denies a name', [named(), denied({ to: ['other.example.com'] })]],
    ['a rule that accepts a network', [named(), aRule({ id: '000000000003', to: ['10.0.0.0/8'] })]],
  ])('holds whatever is said by %s', (_, rules) => {
    expect([...lossesOf(rules)]).toEqual([]);
  });

  it('does not hold where pods of another namespace have the same address, as behind a node or a gateway', () => {
    expect([...orderLosses([named(), ofBank], groups('10.0.0.1')).keys()]).toEqual(['000000000001']);
  });
});
