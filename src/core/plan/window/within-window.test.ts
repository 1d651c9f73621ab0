import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, anOrigin, aRule } from '../../../../test/kit/builders.ts';
import type { AddressGroup, DesiredState, Rule } from '../../model/desired.ts';
import { withinWindow } from './within-window.ts';

/* What the law of change windows (test/laws/change-window.test.ts) has no flows for: times, profiles, protocols, emergencies. */

const now = Date.parse('2026-03-04T21:00:00Z');
const [a, b] = ['198.51.100.0/24', '203.0.113.0/24'] as const;
const pods = aGroup({ members: ['10.0.0.1'] });
const state = (rules: readonly Rule[], groups: readonly AddressGroup[] = [pods]): DesiredState =>
  aDesiredState({ rules, groups });
/** Under another id, so that it was not there. */
const another = (fields: Parameters<typeof aRule>[0]): Rule => aRule({ id: '000000000009', ...fields });
const inForce = (wanted: readonly Rule[], before: readonly Rule[]): readonly Rule[] | undefined =>
  withinWindow(state(wanted), state(before), now)?.rules;

describe('while a change window is closed', () => {
  it('nobody can tell what another default meant', () => {
    const before: DesiredState = { ...state([]), defaultAction: 'Accept' };
    expect(withinWindow(state([]), before, now)).toBeUndefined();
  });

  it('what has ended was no grant, and what takes the place of several ends with the first', () => {
    expect(inForce([aRule()], [aRule({ expiresAt: '2026-03-04T21:00:00Z' })])).toEqual([]);
    const before = [
      aRule({ to: [a], expiresAt: '2026-03-04T23:00:00Z' }),
      aRule({ id: '000000000002', to: [b], expiresAt: '2026-03-04T22:00:00Z' }),
    ];
    const wanted = another({ to: [a, b], expiresAt: '2026-03-05T00:00:00Z' });
    expect(inForce([wanted], before)).toEqual([{ ...wanted, expiresAt: '2026-03-04T22:00:00Z' }]);
  });

  it('nothing is let by uninspected, or in another way, that was', () => {
    for (const how of [{ profile: 'strict' }, { originate: true }] as const) {
      expect(inForce([another({})], [aRule(how)])).toEqual([]);
      expect(inForce([aRule()], [aRule(how)])).toEqual([aRule(how)]);
    }
  });

  it('nothing speaks what was not spoken', () => {
    const tls = [{ port: 443, protocol: 'TCP', appProtocol: 'tls' } as const];
    expect(inForce([another({})], [aRule({ ports: tls })])).toEqual([]);
    expect(inForce([another({ ports: tls })], [aRule()])).toEqual([another({ ports: tls })]);
  });

  it('an emergency waits for nothing, and nothing that was denied stands in its way', () => {
    const approvedBy = { approver: 'alice', approval: 'now', until: '2026-03-05T00:00:00Z', breakGlass: true } as const;
    const urgent = aRule({ origin: anOrigin({ approvedBy }) });
    const deny = another({ action: 'Deny' });
    expect(inForce([urgent], [deny])).toEqual([urgent, deny]);
  });

  it('what stood before the last of several rules stands before what takes their place', () => {
    const deny = aRule({ id: '00000000000d', action: 'Deny', to: [b] });
    const before = [aRule({ to: [a] }), deny, aRule({ id: '000000000002', to: [b] })];
    expect(inForce([another({ to: [a, b] })], before)).toEqual([deny, another({ to: [a, b] })]);
  });

  it('who is in two groups that select by themselves, nobody here can tell', () => {
    const subject = { namespaces: [], namespaceSelector: {}, podSelector: {} };
    const [one, other] = ['00000000000a', '00000000000b'].map((id) => ({ ...pods, id, subject }));
    const of = (group: AddressGroup): DesiredState => state([aRule({ sources: [group.id] })], [group]);
    expect(withinWindow(of(other!), of(one!), now)?.rules).toEqual([]);
  });
});
