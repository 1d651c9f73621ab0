import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { f5AfmConfigSchema } from '../config.ts';
import { tables } from '../objects/names.ts';
import { unprobed } from '../unprobed.ts';
import type { Context } from './context.ts';
import { lower } from './lower.ts';

function contextWith(config: Readonly<Record<string, unknown>> = {}, domainNames: 'none' | 'exact' = 'exact'): Context {
  return {
    config: f5AfmConfigSchema.parse({ url: 'https://192.0.2.1', ...config }),
    capabilities: { ...unprobed, domainNames },
    owner: { cluster: 'east' },
  };
}

const lowered = (rules: readonly Rule[], context = contextWith()): ReturnType<typeof lower> =>
  lower(aDesiredState({ groups: [aGroup({ members: ['10.0.0.1'] })], rules }), context);

function of(kind: string, { resources }: ReturnType<typeof lower>): readonly Resource[] {
  return resources.filter((resource) => resource.kind === kind);
}

describe('a rule for BIG-IP AFM', () => {
  it('that goes anywhere names no destination, and always a source', () => {
    const [rule] = of(tables.rule, lowered([aRule({ to: 'any', ports: [] })]));
    expect(rule?.spec['destination']).toEqual({});
    expect(rule?.spec['ipProtocol']).toBe('any');
    expect(rule?.spec['source']).toEqual({ addressLists: [expect.stringMatching(/^\/postern\/pn-east-src-/)] });
  });

  it('without sources is left out', () => {
    expect(of(tables.rule, lowered([aRule({ sources: [] })]))).toEqual([]);
  });

  it('to a name that the device cannot know is left out, and never one for everywhere', () => {
    const result = lowered([aRule({ to: ['a.example.com'] })], contextWith({}, 'none'));
    expect(of(tables.rule, result)).toEqual([]);
    expect(result.losses.map(({ code, effect }) => [code, effect])).toEqual([
      ['names-need-device-resolver', 'rejected'],
    ]);
  });

  it('that denies such a name denies everything on its ports', () => {
    const denying = aRule({ action: 'Deny', to: ['*.example.com'] });
    const result = lowered([denying]);
    const [rule] = of(tables.rule, result);
    expect([rule?.spec['action'], Object.keys(rule?.spec['destination'] ?? {})]).toEqual(['drop', ['portLists']]);
    expect(result.losses.map(({ code, effect }) => [code, effect])).toEqual([
      ['wildcard-unknown-to-device', 'narrowed'],
    ]);
  });

  it('shares lists with others that have the same destination and ports', () => {
    const result = lowered([aRule(), aRule({ id: '000000000002', log: true })]);
    expect(
      [of(tables.rule, result), of(tables.portList, result), of(tables.addressList, result)].map((all) => all.length),
    ).toEqual([2, 1, 2]);
  });

  it.each([
    ['drop', {}],
    ['reject', { denyWith: 'reject' }],
  ])('denies with %s under config %j', (action, config) => {
    const [rule] = of(tables.rule, lowered([aRule({ action: 'Deny' })], contextWith(config)));
    expect(rule?.spec['action']).toBe(action);
  });

  it('has no schedule after those of the device end', () => {
    const [rule] = of(tables.rule, lowered([aRule({ expiresAt: '2040-01-01T00:00:00Z' })]));
    expect([rule?.spec['status'], rule?.spec['schedule']]).toEqual(['enabled', '']);
  });

  it('is described in characters that mean nothing to anybody', () => {
    const origin = { ...aRule().origin, name: '<b>"x"; drop', field: '`$(y)`' };
    const { resources } = lowered([aRule({ origin })]);
    expect(JSON.stringify(resources.map(({ spec, name }) => [name, spec['description']]))).not.toMatch(/[<>;`$()']/);
  });
});

describe('what enforces the rules', () => {
  const kinds = (config: Readonly<Record<string, unknown>>): readonly string[] =>
    lowered([aRule()], contextWith(config))
      .resources.filter(({ kind }) => [tables.policy, tables.entry, tables.context].some((one) => one === kind))
      .map(({ kind, name }) => `${kind} ${name}`);

  it('is a policy of our own in the context, or one rule in a policy of the user', () => {
    expect(kinds({ context: { virtualServers: ['/Common/egress', '/Common/egress6'] } })).toEqual([
      'security/firewall/policy pn-east-policy',
      'security/firewall/policy/rules /postern/pn-east-policy/pn-east-rules',
      'context /Common/egress',
      'context /Common/egress6',
    ]);
    expect(kinds({ policy: '/postern/corporate' })).toEqual([
      'security/firewall/policy/rules /postern/corporate/pn-east-rules',
    ]);
  });

  it('is not there when there is no rule to enforce', () => {
    expect(lowered([]).resources.map(({ kind }) => kind)).toEqual([tables.addressList]);
  });
});

describe('lowering', () => {
  it('of a group of ten thousand members and a thousand rules loses nothing', () => {
    const members = Array.from({ length: 10_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    const rules = Array.from({ length: 1_000 }, (_, index) => aRule({ id: String(index).padStart(12, '0') }));
    expect(lower(aDesiredState({ groups: [aGroup({ members })], rules }), contextWith()).losses).toEqual([]);
  });
});
