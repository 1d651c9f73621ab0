import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { evaluator, permits, type Flow } from './desired.ts';

const groups = [
  aGroup({ id: 'web', members: ['10.0.0.1', '2001:db8::1', '10.9.0.0/24'] }),
  aGroup({ id: 'ops', members: ['10.0.0.2'] }),
  aGroup({ id: 'none', members: [] }),
  aGroup({ id: 'bad', role: 'Deny', members: ['10.0.0.1'] }),
];
const flow = (fields: Partial<Flow>): Flow => ({ src: '10.0.0.1', port: 443, protocol: 'TCP', ...fields });

describe('what a desired state permits', () => {
  const one = (rule: Parameters<typeof aRule>[0]): ReturnType<typeof aDesiredState> =>
    aDesiredState({ groups, rules: [aRule({ id: 'rule', sources: ['web'], ...rule })] });
  const everything = { to: 'any', ports: [] } as const;

  it.each<[string, ReturnType<typeof aDesiredState>, Partial<Flow>, 'rule' | 'default']>([
    ['an address of the group is a source', one(everything), { dst: '192.0.2.1' }, 'rule'],
    ['so is one written in another way', one(everything), { src: '2001:DB8:0::0001', dst: '2001:db8::9' }, 'rule'],
    ['so is one inside a network of the group', one(everything), { src: '10.9.0.77', dst: '192.0.2.1' }, 'rule'],
    ['an address of another group is not', one(everything), { src: '10.0.0.2', dst: '192.0.2.1' }, 'default'],
    ['an empty group has no source', one({ ...everything, sources: ['none'] }), { dst: '192.0.2.1' }, 'default'],
    ['a rule without sources matches nobody', one({ ...everything, sources: [] }), { dst: '192.0.2.1' }, 'default'],
    ['any destination is any name', one(everything), { host: 'example.com' }, 'rule'],
    ['a network holds its addresses', one({ to: ['203.0.113.0/24'] }), { dst: '203.0.113.255' }, 'rule'],
    ['and no others', one({ to: ['203.0.113.0/24'] }), { dst: '203.0.114.0' }, 'default'],
    ['every address of the family holds a name', one({ to: ['0.0.0.0/0'] }), { host: 'example.com' }, 'rule'],
    ['every address of the other family does not', one({ to: ['::/0'] }), { host: 'example.com' }, 'default'],
    ['an exact name is itself', one({ to: ['example.com'] }), { host: 'example.com' }, 'rule'],
    ['and not what is below', one({ to: ['example.com'] }), { host: 'www.example.com' }, 'default'],
    ['a wildcard is one label below', one({ to: ['*.example.com'] }), { host: 'www.example.com' }, 'rule'],
    ['a wildcard is two labels below', one({ to: ['*.example.com'] }), { host: 'a.b.example.com' }, 'rule'],
    ['a wildcard is not the apex', one({ to: ['*.example.com'] }), { host: 'example.com' }, 'default'],
    ['a wildcard is whole labels', one({ to: ['*.example.com'] }), { host: 'badexample.com' }, 'default'],
    [
      'names and networks are a union',
      one({ to: ['example.com', '203.0.113.0/24'] }),
      { host: 'other.test', dst: '203.0.113.1' },
      'rule',
    ],
    ['another protocol does not match', one({ to: 'any' }), { dst: '192.0.2.1', protocol: 'UDP' }, 'default'],
    [
      'a range holds its last port',
      one({ to: 'any', ports: [{ port: 5432, endPort: 5440, protocol: 'TCP' }] }),
      { dst: '192.0.2.1', port: 5440 },
      'rule',
    ],
    [
      'and ends there',
      one({ to: 'any', ports: [{ port: 5432, endPort: 5440, protocol: 'TCP' }] }),
      { dst: '192.0.2.1', port: 5441 },
      'default',
    ],
  ])('%s', (_, desired, fields, rule) => {
    expect(permits(desired, flow(fields))).toEqual({ action: rule === 'rule' ? 'Accept' : 'Deny', rule });
  });

  it('the first rule that matches decides', () => {
    const rules = [
      aRule({ id: 'deny', action: 'Deny', sources: ['bad'], to: ['203.0.113.0/25'] }),
      aRule({ id: 'accept', sources: ['ops', 'web'], to: ['203.0.113.0/24'] }),
    ];
    const decide = evaluator(aDesiredState({ groups, rules }));
    expect([flow({ dst: '203.0.113.1' }), flow({ dst: '203.0.113.200' })].map(decide)).toEqual([
      { action: 'Deny', rule: 'deny' },
      { action: 'Accept', rule: 'accept' },
    ]);
    expect(decide(flow({ src: '10.0.0.2', dst: '203.0.113.1' }))).toEqual({ action: 'Accept', rule: 'accept' });
  });

  it('an open default permits what no rule matches', () => {
    expect(permits(aDesiredState({ defaultAction: 'Accept' }), flow({ dst: '192.0.2.1' }))).toEqual({
      action: 'Accept',
      rule: 'default',
    });
  });
});
