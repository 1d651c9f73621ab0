import { describe, expect, it } from 'vitest';
import type { RuleEntry } from '../report.ts';
import { aRule } from '../testing/reports.ts';
import { flagsOf } from './flags.ts';
import { insecureServicesOn } from '../../lint/rules/insecure-services.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const remaining = (time: string): number => Date.parse(time) - now;
const codes = (fields: Partial<RuleEntry>, originate = false): readonly string[] =>
  flagsOf(aRule(fields), remaining, originate).map(({ code }) => code);
const governed = (fields: Partial<NonNullable<RuleEntry['governance']>>): Partial<RuleEntry> => {
  const { governance } = aRule();
  return { governance: governance && { ...governance, ...fields } };
};

describe('flags of a rule', () => {
  it('are none where nothing needs attention', () => {
    expect(codes({})).toEqual([]);
  });

  it.each<readonly [Partial<RuleEntry>, readonly string[]]>([
    [{ live: { state: 'no', reason: 'x' } }, ['not-live']],
    [{ live: { state: 'not known', reason: 'x' } }, []],
    [{ addresses: 0 }, ['no-source']],
    [{ addresses: null }, []],
    [{ hits: { count: 0, first: null, last: null } }, ['never-hit']],
    [{ mesh: [{ point: 'mesh', objects: [] }] }, ['no-mesh-counterpart']],
    [{ destination: { any: true, names: [], networks: [] } }, ['any-destination']],
    [{ ports: [] }, ['any-port']],
    [{ destination: { any: false, names: [], networks: ['10.0.0.0/15'] } }, ['wide-network']],
    [{ destination: { any: false, names: [], networks: ['10.0.0.0/16', '2001:db8::/32'] } }, []],
    [{ destination: { any: false, names: [], networks: ['2001:d00::/31'] } }, ['wide-network']],
    [governed({ owner: '' }), ['no-owner']],
    [governed({ justification: '' }), ['no-justification']],
    [governed({ expiresAt: '2026-05-31T23:59:59Z' }), ['expired']],
    [governed({ expiresAt: '2026-06-14T00:00:00Z' }), ['expiring-soon']],
    [governed({ expiresAt: '2026-07-01T00:00:00Z' }), []],
    [governed({ reviewBy: '2026-05-01' }), ['review-overdue']],
    [{ governance: null }, []],
    [{ losses: [{ id: 'r1', code: 'over-grant', effect: 'widened', message: 'x' }] as never }, ['over-grant']],
    [{ losses: [{ id: 'r1', code: 'x', effect: 'narrowed', message: 'x' }] as never }, ['loss']],
  ])('of %j are %j', (fields, expected) => {
    expect(codes(fields)).toEqual(expected);
  });

  it('of a Deny say nothing of how open it is', () => {
    expect(codes({ action: 'Deny', ports: [], destination: { any: true, names: [], networks: [] } })).toEqual([]);
  });

  it('name the service too where that has no owner', () => {
    const flags = flagsOf(
      aRule({ ...governed({ serviceOwner: '', serviceJustification: 'x' }), service: 'stripe' }),
      remaining,
      false,
    );
    expect(flags).toEqual([
      { code: 'no-owner', message: 'ExternalService/stripe names no owner; set governance.owner' },
    ]);
  });

  it('come with the most serious first', () => {
    expect(codes({ live: { state: 'no', reason: 'x' }, ports: [], ...governed({ owner: '' }) })).toEqual([
      'not-live',
      'any-port',
      'no-owner',
    ]);
  });

  it('know that a gateway which originates TLS encrypts what leaves', () => {
    const plain = { ports: [{ port: 80, protocol: 'TCP' }] } as const;
    expect(codes(plain)).toEqual(['insecure-service']);
    expect(codes(plain, true)).toEqual([]);
  });
});

describe('insecure services', () => {
  it('are found inside a range, by their protocol, and not where TLS is declared', () => {
    const names = (port: Parameters<typeof insecureServicesOn>[0][number]): readonly string[] =>
      insecureServicesOn([port]).map(({ name }) => name);
    expect(names({ port: 20, endPort: 23, protocol: 'TCP' })).toEqual(['ftp-data', 'ftp', 'telnet']);
    expect(names({ port: 161, protocol: 'TCP' })).toEqual([]);
    expect(names({ port: 161, protocol: 'UDP' })).toEqual(['snmp']);
    expect(names({ port: 8080, protocol: 'TCP', appProtocol: 'https' })).toEqual([]);
    expect(names({ port: 9000, protocol: 'TCP', appProtocol: 'http' })).toEqual(['http']);
  });
});
