import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namesIn, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { aDenyingRule, stateOf } from '../../../test/kit/universe.ts';
import { gcpConfigSchema } from '../config.ts';
import { priorities } from '../objects/priorities.ts';
import { nativeRule, ruleIn } from '../objects/rule.ts';
import { unprobed } from '../unprobed.ts';
import { lower } from './lower.ts';

const fill = new Map([
  ['a00000000001', ['10.0.0.1', '2001:db8::1']],
  ['d00000000001', ['10.0.0.1', '2001:db8::1']],
]);
const accept = (fields: Parameters<typeof aRule>[0]): Rule => aRule({ sources: ['a00000000001'], ...fields });
const deny = (fields: Parameters<typeof aRule>[0]): Rule => aDenyingRule({ sources: ['d00000000001'], ...fields });

/** Rules in a few words, and the codes of what was lost. */
function lowered(
  rules: readonly Rule[],
  config: object = {},
): { readonly rules: readonly string[]; readonly losses: readonly string[] } {
  const context = {
    owner: { cluster: 'east' },
    config: gcpConfigSchema.parse({ project: 'my-project', policy: 'edge', ...config }),
    capabilities: unprobed,
  };
  const { resources, losses } = lower(stateOf(rules, fill), context);
  const shown = resources.flatMap(({ spec, members, position }) => {
    if (position === undefined) return [];
    const ports = objectsIn(spec['layer4Configs']).map((one) =>
      [textOf(one['ipProtocol']), ...namesIn(one['ports'])].join(' '),
    );
    const to = ['destIpRanges', 'destFqdns'].flatMap((field) => namesIn(spec[field]));
    return [[textOf(spec['action']), ...(members ?? []), '>', ...to, ...ports].join(' ')];
  });
  return { rules: shown, losses: losses.map(({ code, effect }) => `${code} ${effect}`) };
}

describe('a rule', () => {
  it('is one for each family, with all its ports', () => {
    const ports = [
      { port: 443, protocol: 'TCP' },
      { port: 8_443, endPort: 8_450, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ] as const;
    expect(lowered([accept({ to: ['203.0.113.0/24', '2001:db8:f::/48'], ports })]).rules).toEqual([
      'allow 10.0.0.1 > 203.0.113.0/24 tcp 443 8443-8450 udp 53',
      'allow 2001:db8::1 > 2001:db8:f::/48 tcp 443 8443-8450 udp 53',
    ]);
    expect(lowered([accept({ to: ['203.0.113.0/24'], ports: [] })]).rules).toEqual([
      'allow 10.0.0.1 > 203.0.113.0/24 all',
    ]);
    expect(lowered([deny({ to: 'any', ports: [] })]).rules).toEqual([
      'deny 10.0.0.1 > 0.0.0.0/0 all',
      'deny 2001:db8::1 > ::/0 all',
    ]);
  });

  it('of one family leaves the other out where it is not configured, and says so', () => {
    const config = { addressFamilies: ['IPv4'] };
    expect(lowered([accept({ to: 'any' })], config)).toEqual({
      rules: ['allow 10.0.0.1 > 0.0.0.0/0 tcp 443'],
      losses: ['family-not-configured narrowed'],
    });
    expect(lowered([deny({ to: 'any' })], config).losses).toEqual(['family-not-configured approximate']);
  });

  it('to a wildcard accepts less, or denies more', () => {
    const to = ['*.example.org', 'api.example.com'];
    const v4 = { addressFamilies: ['IPv4'] };
    const [own] = lowered([accept({ to })], v4).rules;
    expect(own).toBe('allow 10.0.0.1 > api.example.com tcp 443');
    expect(lowered([accept({ to })]).losses).toEqual(['wildcard-unsupported narrowed']);
    expect(lowered([accept({ to: ['*.example.org'] })])).toEqual({
      rules: [],
      losses: ['wildcard-unsupported rejected'],
    });
    expect(lowered([deny({ to })])).toEqual({
      rules: ['deny 10.0.0.1 > 0.0.0.0/0 tcp 443', 'deny 2001:db8::1 > ::/0 tcp 443'],
      losses: ['wildcard-unsupported narrowed'],
    });
    expect(lowered([deny({ to: ['api.example.com'] })]).losses).toEqual(['deny-name-by-address approximate']);
  });

  it('with more names or networks than a rule holds is several', () => {
    const v4 = { addressFamilies: ['IPv4'] };
    const names = Array.from({ length: 250 }, (_, at) => `host-${at}.example.com`);
    expect(lowered([accept({ to: names })], v4).rules.map((text) => text.split(' ').length - 5)).toEqual([
      100, 100, 50,
    ]);
    const networks = Array.from({ length: 7_000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24`);
    expect(lowered([deny({ to: networks })], v4).rules.map((text) => text.split(' ').length - 5)).toEqual([
      5_000, 2_000,
    ]);
  });
});

describe('a rule that is read', () => {
  it('is the one that was written, however Google spells it', () => {
    const written = {
      name: 'pn-east-a-v6',
      spec: {
        action: 'allow',
        destAddressGroups: ['projects/p/locations/global/addressGroups/g'],
        destIpRanges: ['2001:db8::/32'],
      },
      members: ['2001:db8::1'],
    };
    const { match, ...native } = nativeRule(written, 5);
    const spelled = {
      ...(match as JsonObject),
      destIpRanges: ['2001:0db8::/32'],
      destAddressGroups: ['//networksecurity.googleapis.com/projects/p/locations/global/addressGroups/g'],
    };
    const answered = {
      ...native,
      match: spelled,
      kind: 'x',
      ruleTupleCount: 3,
      targetType: 'INSTANCES',
      disabled: false,
    };
    expect(ruleIn(answered)).toEqual(written);
    expect(ruleIn({ ...answered, targetType: 'INTERNAL_MANAGED_LB' }).spec).toHaveProperty('targetType');
    const nobody = { ...written, members: [] };
    expect(ruleIn(nativeRule(nobody, 5))).toEqual(nobody);
    // Disabled by somebody, with sources: that is not ours.
    expect(ruleIn({ ...answered, disabled: true }).spec).toHaveProperty('disabled', true);
    // The second of a name, kept as it is for now.
    expect(nativeRule({ ...nobody, name: 'pn-east-a-v6#5' }, 5)).toMatchObject({
      ruleName: 'pn-east-a-v6',
      match: { srcIpRanges: ['100::/128'] },
    });
  });
});

it('has all losses on its page', () => {
  const code = readFileSync(new URL('./losses.ts', import.meta.url), 'utf8');
  const codes = [...code.matchAll(/code: '([\w-]+)'/g)].map(([, found = '']) => found);
  const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const told = [...page.matchAll(/^\| `([\w-]+)` +\| (?:narrowed|approximate|rejected)/gm)].map(
    ([, found = '']) => found,
  );
  expect([...codes, 'profile-unknown'].sort()).toEqual(told.sort());
});

describe('priorities', () => {
  const range = { first: 100, last: 1_000, taken: new Set<number>() };

  it('stay where they are, and new ones come between', () => {
    expect(priorities([undefined, undefined], range)).toEqual([199, 299]);
    expect(priorities([199, undefined, 299], range)).toEqual([199, 249, 299]);
    expect(priorities([undefined, 100], range)).toEqual([199, 299]);
    expect(priorities([299, 199], range)).toEqual([299, 399]);
    expect(priorities([50, 2_000], range)).toEqual([199, 299]);
  });

  it('leave out those that others have, and there may be too few', () => {
    expect(priorities([undefined, undefined], { first: 1, last: 4, taken: new Set([1, 3]) })).toEqual([2, 4]);
    expect(
      priorities([undefined, undefined, undefined], { first: 1, last: 4, taken: new Set([1, 3]) }),
    ).toBeUndefined();
    const many = Array.from({ length: 901 }, () => undefined);
    expect(priorities(many, range)).toEqual(many.map((_, at) => 100 + at));
    expect(priorities([...many, undefined], range)).toBeUndefined();
  });
});
