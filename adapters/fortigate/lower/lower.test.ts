import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, anOrigin, aRule } from '../../../test/kit/builders.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import { fortigateConfigSchema } from '../config.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { policyDefaults } from '../objects/policy.ts';
import { unprobed } from '../unprobed.ts';
import type { Context } from './context.ts';
import { lower } from './lower.ts';

const modern: Capabilities = { ...unprobed, emptyGroup: 'nothing' };

function context(config: Readonly<Record<string, unknown>> = {}, capabilities = modern): Context {
  const parsed = fortigateConfigSchema.parse({ url: 'https://192.0.2.1', ...config });
  return { owner: { cluster: 'east' }, config: parsed, capabilities };
}

const mark = 'managed-by=postern cluster=east for=';
const group = aGroup({ title: 'pods app=a', members: ['10.0.0.1', '2001:db8::1', '10.9.0.0/24'] });
const ports: Rule['ports'] = [
  { port: 443, protocol: 'TCP', appProtocol: 'tls' },
  { port: 5000, endPort: 5010, protocol: 'UDP' },
];

const names = {
  group: 'pn-east-src-015d62b49d',
  one: 'pn-east-10.0.0.1-a10a45ad73',
  network: 'pn-east-10.9.0.0-24-743b48dc1c',
  six: 'pn-east-2001-db8-1-daa7d0d8ee',
  target: 'pn-east-to-203.0.113.0-24-7aebf8c5b3',
  service: 'pn-east-tcp-443-udp-5000-5010-a1ddeabd59',
  policy: 'pn-east-checkout-eafe13b5e5',
} as const;

const policySpec: JsonObject = {
  ...policyDefaults,
  comments: `${mark}000000000001 EgressPolicy/shop/checkout spec.to[0]`,
  action: 'accept',
  srcintf: ['any'],
  dstintf: ['any'],
  srcaddr: [names.group],
  dstaddr: [names.target],
  service: [names.service],
  schedule: 'always',
};

/** The attributes of the one policy that differ from those of the plainest one. */
function policyOf(rule: Rule, where = context()): JsonObject | undefined {
  const { resources } = lower(aDesiredState({ groups: [group], rules: [rule] }), where);
  return resources.find(({ kind }) => kind === 'firewall/policy')?.spec;
}

function lossesOf(rule: Rule, where = context()): readonly string[] {
  return lower(aDesiredState({ groups: [group], rules: [rule] }), where).losses.map(
    ({ id, effect, code }) => `${id} ${effect} ${code}`,
  );
}

describe('a desired state on a FortiGate', () => {
  it('becomes a group for each family, addresses, a service and a policy', () => {
    const plain = (kind: string, name: string, spec: JsonObject) => ({ kind, name, spec, refs: [], effect: 'None' });
    const address = (name: string, subnet: string, words: string) =>
      plain('firewall/address', name, { type: 'ipmask', subnet, comment: `${mark}${words}` });
    const comment = `${mark}Accept/00000000000a pods app=a`;
    const ref = (kind: string, name: string) => ({ kind, name });
    const lowered = lower(aDesiredState({ groups: [group], rules: [aRule({ ports })] }), context());
    expect(lowered).toEqual({
      losses: [],
      resources: [
        address(names.one, '10.0.0.1/32', 'member 10.0.0.1'),
        address(names.network, '10.9.0.0/24', 'member 10.9.0.0/24'),
        {
          ...{ kind: 'firewall/addrgrp', name: names.group, spec: { comment }, effect: 'Accept' },
          members: ['10.0.0.1', '10.9.0.0/24'],
          desiredId: group.id,
          title: group.title,
          refs: [ref('firewall/address', names.one), ref('firewall/address', names.network)],
        },
        plain('firewall/address6', names.six, {
          ...{ type: 'ipprefix', ip6: '2001:db8::1/128', comment: `${mark}member 2001:db8::1` },
        }),
        {
          ...{ kind: 'firewall/addrgrp6', name: names.group, spec: { comment }, effect: 'Accept' },
          members: ['2001:db8::1'],
          desiredId: group.id,
          title: group.title,
          refs: [ref('firewall/address6', names.six)],
        },
        address(names.target, '203.0.113.0/24', 'destination/203.0.113.0/24'),
        plain('firewall.service/custom', names.service, {
          ...{
            protocol: 'TCP/UDP/SCTP',
            'tcp-portrange': '443',
            'udp-portrange': '5000-5010',
            comment: `${mark}service`,
          },
        }),
        {
          ...{ kind: 'firewall/policy', name: names.policy, spec: policySpec, effect: 'Accept', position: 0 },
          desiredId: '000000000001',
          origin: 'EgressPolicy/shop/checkout',
          title: 'Accept pods app=a -> 203.0.113.0/24 TCP 443, UDP 5000-5010',
          refs: [
            ref('firewall/addrgrp', names.group),
            ref('firewall/address', names.target),
            ref('firewall.service/custom', names.service),
          ],
        },
      ],
    });
  });

  it('becomes one pushed feed per group, which policies name for both families', () => {
    const where = context({ carrier: 'pushFeed' });
    const rule = aRule({ ports, to: ['203.0.113.0/24', '2001:db8:f::/48'] });
    const [feed, ...others] = lower(aDesiredState({ groups: [group], rules: [rule] }), where).resources;
    expect(feed).toEqual({
      kind: 'system/external-resource',
      name: names.group,
      spec: {
        comments: `${mark}Accept/00000000000a pods app=a`,
        status: 'enable',
        type: 'address',
        'update-method': 'push',
      },
      members: ['10.0.0.1', '10.9.0.0/24', '2001:db8::1'],
      refs: [],
      effect: 'Accept',
      desiredId: group.id,
      title: group.title,
    });
    expect(others.map(({ kind }) => kind)).toEqual([
      'firewall/address',
      'firewall/address6',
      'firewall.service/custom',
      'firewall/policy',
    ]);
    const { srcaddr, srcaddr6 } = policyOf(rule, where) ?? {};
    expect({ srcaddr, srcaddr6 }).toEqual({ srcaddr: [names.group], srcaddr6: [names.group] });
  });

  it('keeps a sentinel at hand where FortiOS forbids empty groups', () => {
    const old = { ...modern, emptyGroup: 'refused' } as const;
    const { resources } = lower(aDesiredState({ groups: [aGroup({ members: [] })] }), context({}, old));
    const comment = `${mark}nobody stands in groups without members and matches nothing`;
    expect(resources.slice(0, 2).map(({ kind, name, spec }) => ({ kind, name, spec }))).toEqual([
      { kind: 'firewall/address', name: 'pn-east-none', spec: { type: 'ipmask', subnet: '0.0.0.0/32', comment } },
      { kind: 'firewall/address6', name: 'pn-east-none', spec: { type: 'ipprefix', ip6: '::/128', comment } },
    ]);
    expect(resources.slice(2).map(({ kind, members, refs }) => ({ kind, members, refs }))).toEqual([
      { kind: 'firewall/addrgrp', members: [], refs: [{ kind: 'firewall/address', name: 'pn-east-none' }] },
      { kind: 'firewall/addrgrp6', members: [], refs: [{ kind: 'firewall/address6', name: 'pn-east-none' }] },
    ]);
  });
});

describe('more groups than the device has feeds', () => {
  const long = (id: string) => id.padStart(12, '0');
  const where = (feeds: number) =>
    context({ carrier: 'pushFeed' }, { ...modern, maxObjects: { 'system/external-resource': feeds } });
  const desired = aDesiredState({
    groups: ['0a', '0b', '0c', '0d'].map((id) => aGroup({ id: long(id), role: id === '0d' ? 'Deny' : 'Accept' })),
    rules: [
      aRule({ id: long('d0'), action: 'Deny', sources: [long('0d')] }),
      aRule({ id: long('a2'), sources: [long('0a'), long('0b')] }),
      aRule({ id: long('a1'), sources: [long('0c')] }),
    ],
  });
  const short = (id = '') => id.slice(-2);
  const carried = (feeds: number) => {
    const { resources, losses } = lower(desired, where(feeds));
    return {
      rules: resources.flatMap(({ kind, desiredId }) => (kind === 'firewall/policy' ? [short(desiredId)] : [])),
      groups: resources.flatMap(({ kind, desiredId }) =>
        kind === 'system/external-resource' ? [short(desiredId)] : [],
      ),
      losses: losses.map(({ id, effect, code }) => `${short(id)} ${effect} ${code}`),
    };
  };
  const code = 'too-many-groups-for-feeds';

  it.each([
    [4, ['d0', 'a2', 'a1'], ['0a', '0b', '0c', '0d'], []],
    [3, ['d0', 'a2'], ['0a', '0b', '0d'], [`a1 rejected ${code}`]],
    [2, ['d0', 'a2'], ['0a', '0d'], [`a2 narrowed ${code}`, `a1 rejected ${code}`]],
    [1, ['d0'], ['0d'], [`a2 rejected ${code}`, `a1 rejected ${code}`]],
  ])('are told, and what denies is kept to the last, with room for %i', (feeds, rules, groups, losses) => {
    expect(carried(feeds)).toEqual({ rules, groups, losses });
  });

  it('are told with the limit and the way out, and are none of the trouble of objects', () => {
    expect(lower(desired, where(3)).losses.map(({ message }) => message)).toEqual([
      "This device holds 3 feeds, one for each group, and 4 groups are needed: the rule is left out. Set carrier: objects in this point's config.",
    ]);
    expect(lower(desired, { ...where(3), config: context({ carrier: 'objects' }).config }).losses).toEqual([]);
  });
});

describe('a rule as a policy', () => {
  it('names no source on the side where its destination has nothing', () => {
    const sides = (to: readonly string[]) => {
      const { srcaddr, dstaddr, srcaddr6, dstaddr6 } = policyOf(aRule({ to })) ?? {};
      return [srcaddr, dstaddr, srcaddr6, dstaddr6].map((side) => (side as readonly string[]).length);
    };
    expect(sides(['203.0.113.0/24'])).toEqual([1, 1, 0, 0]);
    expect(sides(['2001:db8:f::/48'])).toEqual([0, 0, 1, 1]);
    expect(sides(['api.example.com'])).toEqual([1, 1, 1, 1]);
  });

  it('names everything only where the rule does', () => {
    const { dstaddr, dstaddr6, service, srcaddr, srcaddr6 } = policyOf(aRule({ to: 'any', ports: [] })) ?? {};
    expect({ dstaddr, dstaddr6, service }).toEqual({ dstaddr: ['all'], dstaddr6: ['all'], service: ['ALL'] });
    expect({ srcaddr, srcaddr6 }).toEqual({ srcaddr: [names.group], srcaddr6: [names.group] });
  });

  it('inspects as the profile says, which the config maps', () => {
    const strict = { 'ips-sensor': 'high', 'ssl-ssh-profile': 'deep-inspection' };
    const where = context({ profiles: { strict } });
    const spec = policyOf(aRule({ ports, profile: 'strict' }), where);
    expect(spec).toEqual({ ...policySpec, ...strict, 'utm-status': 'enable' });
    expect(lossesOf(aRule({ profile: 'strict' }), where)).toEqual([]);
  });

  it.each(['strict', 'toString', '__proto__'])('is left out, not let through, without its profile %s', (profile) => {
    const rule = aRule({ profile });
    expect(policyOf(rule)).toBeUndefined();
    expect(lossesOf(rule)).toEqual(['000000000001 rejected profile-unknown']);
    expect(policyOf({ ...rule, action: 'Deny' })?.['action']).toBe('deny');
  });

  it('knows wildcards for IPv4 only, and denies rather too much', () => {
    const to = ['*.example.com'];
    const codes = ['narrowed wildcard-ipv4-only', 'approximate wildcard-needs-device-dns'];
    for (const [action, dstaddr6] of [
      ['Accept', []],
      ['Deny', ['all']],
    ] as const) {
      expect(policyOf(aRule({ to, action }))?.['dstaddr6']).toEqual(dstaddr6);
      expect(lossesOf(aRule({ to, action }))).toEqual(codes.map((code) => `000000000001 ${code}`));
    }
  });

  it('ends by itself where the device knows the time in UTC', () => {
    const rule = aRule({ ports, expiresAt: '2027-01-31T00:00:00Z' });
    const ending = { 'policy-expiry': 'enable', 'policy-expiry-date-utc': '1801353600' };
    const told = (value: string) => context({}, { ...modern, choices: { expiry: { value, reason: '' } } });
    expect(policyOf(rule, told('policy'))).toEqual({ ...policySpec, ...ending });
    expect(policyOf(rule, told('none'))).toEqual(policySpec);
  });

  it('ends by a schedule elsewhere, at the latest that the end can be on any clock', () => {
    const rule = aRule({ ports, expiresAt: '2027-01-31T12:00:01Z' });
    const name = 'pn-east-thvi41';
    const { resources } = lower(aDesiredState({ groups: [group], rules: [rule] }), context());
    expect(resources.filter(({ kind }) => kind === 'firewall.schedule/onetime')).toEqual([
      {
        ...{ kind: 'firewall.schedule/onetime', name, refs: [], effect: 'None' },
        spec: { start: '00:00 2001/01/01', end: '02:01 2027/02/01' },
      },
    ]);
    expect(resources.at(-1)?.spec).toEqual({ ...policySpec, schedule: name });
    expect(resources.at(-1)?.refs).toContainEqual({ kind: 'firewall.schedule/onetime', name });
  });

  it('never ends a Deny by itself: of several that say the same it has the first', () => {
    const rule = aRule({ ports, action: 'Deny', expiresAt: '2027-01-31T12:00:01Z' });
    for (const value of ['policy', 'schedule', 'none'])
      expect(policyOf(rule, context({}, { ...modern, choices: { expiry: { value, reason: '' } } }))).toEqual({
        ...policySpec,
        action: 'deny',
        logtraffic: 'disable',
      });
  });

  it('takes logging, translation and interfaces from rule and config', () => {
    const config = { logTraffic: 'disable', nat: true, srcInterfaces: ['port2', 'port1'], dstInterfaces: ['wan1'] };
    const interfaces = { srcintf: ['port1', 'port2'], dstintf: ['wan1'] };
    expect(policyOf(aRule({ ports }), context(config))).toEqual({
      ...{ ...policySpec, ...interfaces, logtraffic: 'disable', nat: 'enable' },
    });
    const denied = policyOf(aRule({ ports, action: 'Deny', log: true }), context(config));
    expect(denied).toEqual({ ...policySpec, ...interfaces, action: 'deny', logtraffic: 'all' });
  });

  it('has names and comments that fit and hold nothing that FortiOS takes for markup', () => {
    const origin = anOrigin({ name: `<"x">'#${'n'.repeat(300)}`, field: 'é(y)'.repeat(600) });
    const { resources } = lower(
      aDesiredState({ groups: [{ ...group, title: '<script>'.repeat(90) }], rules: [aRule({ origin })] }),
      { ...context(), owner: { cluster: 'a-cluster-of-twenty-' } },
    );
    for (const { kind, name, spec } of resources) {
      const words = textOf(spec['comments'] ?? spec['comment']);
      expect(`${name}${words}`).not.toMatch(/[<>()#'"]/);
      expect(name.length).toBeLessThanOrEqual(kind === 'firewall/policy' ? 35 : 63);
      expect(words.length).toBeLessThanOrEqual(kind === 'firewall/policy' ? 1023 : 255);
    }
    expect(resources).toHaveLength(8);
  });
});
