import { describe, expect, it } from 'vitest';
import type { AuditRule } from '../../core/audit/record.ts';
import { aGroupObject, anObject, aRecord } from '../testing/records.ts';
import { verdictThen } from './verdict-then.ts';

function rule(name: string, fields: Partial<AuditRule> = {}): ReturnType<typeof anObject> {
  const destination = { any: false, names: [], networks: ['192.0.2.0/24'] };
  return anObject({
    name,
    id: name,
    title: name,
    rule: { action: 'Accept', sources: ['g1'], destination, ports: 'TCP 443, UDP 5000-5010', ...fields },
  });
}

const pods = aGroupObject(['10.0.0.1', '10.1.0.0/24']);
const to = { address: '192.0.2.7', port: 443, protocol: 'TCP' } as const;
const named = { host: 'api.example.com', port: 443, protocol: 'TCP' } as const;
const ask = (
  objects: readonly ReturnType<typeof anObject>[],
  flow: Parameters<typeof verdictThen>[3] = to,
  from = '10.0.0.1',
): string => {
  const { verdict, rule: by } = verdictThen('edge', aRecord(objects), { own: [from], shared: [] }, flow);
  return `${verdict} ${by?.title ?? '-'}`;
};
const names = (...list: readonly string[]): AuditRule['destination'] => ({
  any: false,
  names: [...list],
  networks: [],
});

describe('the verdict of a point then', () => {
  it('is that of the first rule on record that matches', () => {
    const deny = rule('deny', { action: 'Deny', destination: { any: true, names: [], networks: [] } });
    expect(ask([pods, rule('web'), deny])).toBe('Accept web');
    expect(ask([pods, deny, rule('web')])).toBe('Deny deny');
    expect(ask([pods, rule('web'), deny], { ...to, address: '198.51.100.1' })).toBe('Deny deny');
  });

  it('is not known where the rule is for an address that others had, too', () => {
    const behind = (shared: readonly string[]) =>
      verdictThen('edge', aRecord([pods, rule('web')]), { own: ['10.9.9.9'], shared }, to).verdict;
    expect([behind([]), behind(['10.0.0.1'])]).toEqual(['Deny', 'Unknown']);
  });

  it('is Deny where no rule leads there, from there, or through that port', () => {
    expect(ask([pods, rule('web')], { ...to, address: '198.51.100.1' })).toBe('Deny -');
    expect(ask([pods, rule('web')], to, '10.0.0.2')).toBe('Deny -');
    expect(ask([pods, rule('web')], to, '10.1.0.9')).toBe('Accept web');
    expect(ask([pods, rule('web')], { ...to, port: 80 })).toBe('Deny -');
    expect(ask([pods, rule('web')], { ...to, port: 5005, protocol: 'UDP' })).toBe('Accept web');
    expect(ask([pods, rule('web')], { ...to, port: 5005 })).toBe('Deny -');
    expect(ask([pods, rule('all', { ports: 'any port' })], { ...to, port: 1 })).toBe('Accept all');
  });

  it('knows names by name', () => {
    const api = rule('api', { destination: names('*.example.com') });
    expect(ask([pods, api], named)).toBe('Accept api');
    expect(ask([pods, api], { ...named, host: 'example.org' })).toBe('Deny -');
  });

  it('is not known where a name and a network may have met, in whose group nobody can tell, or while a write was underway', () => {
    expect(ask([pods, rule('web')], named)).toBe('Unknown web');
    const later = rule('later', { destination: names('api.example.com') });
    expect(ask([pods, rule('deny', { action: 'Deny' }), later], named)).toBe('Unknown later');
    // Either way it is accepted.
    expect(ask([pods, rule('web'), later], named)).toBe('Accept later');
    expect(ask([rule('web')])).toBe('Unknown web');
    expect(ask([aGroupObject([], { exact: false }), rule('web')])).toBe('Unknown web');
    const underway = { ...aRecord([pods, rule('web')]), uncertain: [{}] as never };
    expect(verdictThen('edge', underway, { own: ['10.0.0.1'], shared: [] }, to).verdict).toBe('Unknown');
  });

  it('is not known where the order of rules that differ is not on record', () => {
    const record = aRecord([pods, rule('web'), rule('deny', { action: 'Deny' })], { rankOf: () => undefined });
    expect(verdictThen('edge', record, { own: ['10.0.0.1'], shared: [] }, to).verdict).toBe('Unknown');
  });
});
