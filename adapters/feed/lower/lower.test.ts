import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, anOrigin, aRule } from '../../../test/kit/builders.ts';
import { feed } from '../adapter.ts';
import { feedConfigSchema } from '../config.ts';
import { changed } from '../document/changes.ts';
import { emptyDocument, ruleOf } from '../document/document.ts';
import { refuseExcess } from '../session/capacity.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';

function context(...consumers: readonly object[]) {
  const named = consumers.map((fields, at) => ({
    name: `c-${at + 1}`,
    device: 'generic',
    intervalSeconds: 300,
    ...fields,
  }));
  const config = feedConfigSchema.parse({
    store: { folder: '/feed' },
    consumers: named,
    profiles: { strict: 'strict-av' },
  });
  return { config, capabilities: feed.capabilities, owner: { cluster: 'east' } };
}

const members = ['10.0.0.1', '2001:db8::1'];

function state(rule: Parameters<typeof aRule>[0] = {}): DesiredState {
  return aDesiredState({ rules: [aRule(rule)], groups: [aGroup({ members, role: rule.action ?? 'Accept' })] });
}

function rulesOf(desired: DesiredState, ...consumers: readonly object[]) {
  const { resources, losses } = feed.lower(desired, context(...consumers));
  return { rules: resources.filter(({ kind }) => kind === 'rule').map(ruleOf), losses };
}

const cannot = { device: 'fortigate' };

describe('names in a destination', () => {
  it('stay where every consumer can decide by them', () => {
    const { rules, losses } = rulesOf(state({ to: ['api.example.com', '*.example.org'] }), { device: 'pan-os' }, {});
    expect([rules[0]?.destination.names, losses]).toEqual([['*.example.org', 'api.example.com'], []]);
  });

  it('are left out of an accepting rule where one consumer cannot, by name of that consumer', () => {
    const { rules, losses } = rulesOf(state({ to: ['api.example.com', '203.0.113.0/24'] }), {}, cannot);
    expect(rules[0]?.destination).toEqual({ any: false, names: [], networks: ['203.0.113.0/24'] });
    expect(losses).toMatchObject([{ effect: 'narrowed', code: 'consumer-decides-by-address' }]);
    expect(losses[0]?.message).toContain('Consumer c-2 cannot let flows out by a name');
    expect(rulesOf(state({ to: ['api.example.com'] }), cannot)).toMatchObject({
      rules: [],
      losses: [{ effect: 'rejected' }],
    });
  });

  it('make a denying rule deny everything where one consumer cannot', () => {
    const { rules, losses } = rulesOf(state({ action: 'Deny', to: ['api.example.com'] }), cannot);
    expect([rules[0]?.destination.any, losses[0]?.effect]).toEqual([true, 'narrowed']);
  });
});

describe('what else a consumer cannot do', () => {
  it('is told of IPv6 members', () => {
    const { losses } = rulesOf(state(), { device: 'fortigate-generic-address' });
    expect(losses).toMatchObject([{ effect: 'narrowed', code: 'ipv6-not-taken' }]);
  });

  it('is told until when what accepts does so, but not of a Deny, which ends when it leaves the list', () => {
    const until = '2027-01-31T00:00:00Z';
    const ends = (['Accept', 'Deny'] as const).map((action) => rulesOf(state({ action, expiresAt: until })).rules[0]);
    expect(ends.map((rule) => rule?.expiresAt)).toEqual([until, '']);
  });

  it('is told of profiles, and those that there are go into the list of rules', () => {
    expect(rulesOf(state({ profile: 'strict' })).rules[0]?.profile).toBe('strict-av');
    expect(rulesOf(state({ profile: 'other' }))).toMatchObject({ rules: [], losses: [{ code: 'profile-unknown' }] });
  });
});

describe('the capacity of consumers', () => {
  const { config: small } = context({ maxEntries: 3 });
  const { resources } = feed.lower(state(), context());
  const document = changed(emptyDocument, diff(resources, []).changes);

  it('is kept to before anything is written, for what comes and not for what is there', () => {
    refuseExcess(emptyDocument, document, small.consumers);
    const key = { kind: 'list', name: document.lists[0]?.name ?? '' };
    const grown = changed(document, [{ op: 'members', phase: 'extend', key, add: ['10.0.0.2'], remove: [] }]);
    expect(() => refuseExcess(document, grown, small.consumers)).toThrow('holds at most 3 addresses in all lists');
    refuseExcess(grown, document, small.consumers);
    refuseExcess(grown, grown, small.consumers);
  });

  it('is that of its device unless it says otherwise, and larger lists are fetched in parts', () => {
    const entries = Array.from({ length: 131_073 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`).join(
      ' ',
    );
    const long = { ...document, lists: [{ ...document.lists[0]!, entries }] };
    const refused = (fields: object) => (): void => refuseExcess(document, long, context(fields).config.consumers);
    expect(refused({ device: 'fortigate' })).toThrow('131072 addresses in one list');
    expect(refused({ device: 'fortigate', parts: 2 })).not.toThrow();
    expect(refused({ device: 'pan-os' })).toThrow('50000 addresses in all lists');
    expect(refused({ device: 'pan-os', maxEntries: 150_000 })).not.toThrow();
  });
});

describe('the config', () => {
  it.each([
    [{ store: { folder: 'relative' } }, 'must be an absolute path'],
    [
      { store: { folder: '/a' }, consumers: [{ name: 'A', device: 'pan-os', intervalSeconds: 1 }] },
      'lower-case letters',
    ],
    [
      { store: { folder: '/a' }, consumers: [{ name: 'a', device: 'sonicwall', intervalSeconds: 1 }] },
      'expected one of',
    ],
    [
      {
        store: { folder: '/a' },
        consumers: ['a', 'a'].map((name) => ({ name, device: 'generic', intervalSeconds: 1 })),
      },
      'the same name',
    ],
    [
      { store: { folder: '/a' }, consumers: [{ name: 'a', device: 'pan-os', intervalSeconds: 60 }] },
      'fetches every 300 seconds at most',
    ],
  ])('is refused with what to do: %j', (config, told) => {
    expect(
      feedConfigSchema
        .safeParse(config)
        .error?.issues.map(({ message }) => message)
        .join(),
    ).toContain(told);
  });
});

describe('what consumers have lists for', () => {
  it('are the oldest policies; the newest are left out, and told, before anything is published', () => {
    const ages = [9, 1, 5, 3];
    const rules = Array.from({ length: 20 }, (_, at) => {
      const createdAt = `2026-01-${String(ages[at] ?? at + 10).padStart(2, '0')}T00:00:00Z`;
      const origin = anOrigin({ name: `p${at}`, createdAt });
      return aRule({ id: `1000000000${10 + at}`, sources: [`a000000000${10 + at}`], to: ['203.0.113.0/24'], origin });
    });
    const groups = rules.map(({ sources: [id = ''] }) => aGroup({ id, members }));
    const desired = aDesiredState({ rules, groups });
    const { resources, losses } = feed.lower(desired, context({ device: 'pan-os' }));
    expect([resources.filter(({ kind }) => kind === 'list').length, losses.map(({ code }) => code)]).toEqual([
      15,
      Array.from({ length: 5 }, () => 'too-many-lists'),
    ]);
    expect(losses[0]).toMatchObject({
      id: '100000000029',
      message: expect.stringMatching(/at most 30 lists/) as string,
    });
    expect(feed.lower(desired, context()).losses).toEqual([]);
  });
});
