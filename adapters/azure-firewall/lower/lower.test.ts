import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../src/core/model/desired.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import type { Json } from '../../../src/core/model/json.ts';
import { anOrigin, aRule } from '../../../test/kit/builders.ts';
import { aDenyingRule, stateOf } from '../../../test/kit/universe.ts';
import { azureConfigSchema } from '../config.ts';
import { unprobed } from '../unprobed.ts';
import { lower } from './lower.ts';

const config = azureConfigSchema.parse({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'hub',
  policy: 'edge',
  credentials: 'ManagedIdentity',
});
const noProxy = { ...unprobed, choices: { names: { value: 'application rules only', reason: '' } } };

const group = 'a00000000001';
const denied = 'd00000000001';
const elsewhere = 'a00000000002';
const accept = (fields: Parameters<typeof aRule>[0]): Rule => aRule({ sources: [group], ...fields });
const deny = (fields: Parameters<typeof aRule>[0]): Rule => aDenyingRule({ sources: [denied], ...fields });
const names = { to: ['api.example.com', '*.example.org'] };

/** Rules in a few words, and the codes of what was lost. */
function lowered(
  rules: readonly Rule[],
  capabilities = unprobed,
): { readonly rules: readonly string[]; readonly losses: readonly string[] } {
  const fill = new Map([
    [group, ['10.0.0.1']],
    [denied, ['10.0.0.1']],
    [elsewhere, ['10.0.0.2']],
  ]);
  const { resources, losses } = lower(stateOf(rules, fill), { owner: { cluster: 'east' }, config, capabilities });
  const texts = (value: Json | undefined): readonly string[] => (value ?? []) as readonly string[];
  const natives = resources.filter(({ position }) => position !== undefined);
  const shown = natives
    .toSorted((a, b) => b.kind.localeCompare(a.kind))
    .map(({ spec }) => {
      const protocols = (spec['protocols'] ?? []) as readonly {
        readonly protocolType: string;
        readonly port: number;
      }[];
      const spoken = protocols.map(({ protocolType, port }) => `${protocolType}:${port}`);
      const fields = ['destinationAddresses', 'destinationFqdns', 'targetFqdns', 'ipProtocols', 'destinationPorts'];
      return [textOf(spec['action']), ...fields.flatMap((field) => texts(spec[field])), ...spoken].join(' ');
    });
  return { rules: shown, losses: losses.map(({ code, effect }) => `${code} ${effect}`) };
}

describe('what accepts a name', () => {
  it.each([
    [
      'tls',
      { port: 8443, protocol: 'TCP', appProtocol: 'tls' },
      ['Allow *.example.org api.example.com Https:8443'],
      [],
    ],
    ['http', { port: 80, protocol: 'TCP' }, ['Allow *.example.org api.example.com Http:80'], []],
    [
      'something else',
      { port: 5432, protocol: 'TCP' },
      ['Allow api.example.com TCP 5432'],
      ['name-needs-tls-or-http narrowed'],
    ],
    ['UDP', { port: 123, protocol: 'UDP' }, ['Allow api.example.com UDP 123'], ['name-needs-tls-or-http narrowed']],
  ] as const)('where %s is spoken', (_, port, rules, losses) => {
    expect(lowered([accept({ ...names, ports: [port] })])).toEqual({ rules, losses });
  });

  it('is left out where nothing shows the name', () => {
    const raw = accept({ ...names, ports: [{ port: 5432, protocol: 'TCP' }] });
    expect(lowered([raw], noProxy)).toEqual({ rules: [], losses: ['name-needs-tls-or-http rejected'] });
  });
});

describe('what denies everything', () => {
  const all = deny({ to: 'any', ports: [] });
  const split = ['Deny * TCP 1-79 444-65535 81-442', 'Deny * ICMP UDP *'];

  it('leaves the web to an application rule, so that names above it are asked', () => {
    expect(lowered([accept(names), all])).toEqual({
      rules: [...split, 'Allow *.example.org api.example.com Https:443', 'Deny * Https:443 Http:80'],
      losses: [],
    });
  });

  it('denies the web by a network rule where one below accepts something there, and says what that costs', () => {
    const { rules, losses } = lowered([accept(names), all, accept({ id: '000000000002', to: ['203.0.113.0/24'] })]);
    expect(rules).toContain('Deny * Any *');
    expect(losses).toEqual(['denied-before-names narrowed']);
  });

  it('costs a rule of another namespace nothing, unless their pods have the same address, as behind a node', () => {
    const bank = accept({ ...names, sources: [elsewhere], origin: anOrigin({ namespace: 'bank' }) });
    const web = accept({ id: '000000000002', to: ['203.0.113.0/24'] });
    expect(lowered([bank, all, web]).losses).toEqual([]);
    const behindNode = { ...bank, sources: [group] };
    expect(lowered([behindNode, all, web]).losses).toEqual(['denied-before-names narrowed']);
  });

  it.each([
    ['HTTP on 443', { port: 443, protocol: 'TCP', appProtocol: 'http' }],
    ['TLS on 80', { port: 80, protocol: 'TCP', appProtocol: 'tls' }],
  ] as const)(
    'denies by a network rule where one below accepts %s, which an application rule would not see',
    (_, port) => {
      const { rules } = lowered([all, accept({ ...names, ports: [port] })]);
      expect(rules[0]).toBe('Deny * Any *');
    },
  );
});

describe('what denies a name', () => {
  it('denies its addresses', () => {
    expect(lowered([deny({ to: ['api.example.com'] })])).toEqual({
      rules: ['Deny api.example.com TCP 443'],
      losses: ['deny-name-by-address approximate'],
    });
  });

  it.each([
    ['of a wildcard', ['*.example.org'], unprobed],
    ['without a DNS proxy', ['api.example.com'], noProxy],
  ] as const)('denies every destination on its ports %s', (_, to, capabilities) => {
    const below = accept({ to: ['203.0.113.0/24'] });
    const { rules, losses } = lowered([deny({ to }), below], capabilities);
    expect(rules).toEqual(['Deny * TCP 443', 'Allow 203.0.113.0/24 TCP 443', 'Deny * Https:443']);
    expect(losses).toEqual(['name-denied-with-all narrowed']);
  });
});

it('of IPv6 nothing is denied, and that is told', () => {
  const { rules, losses } = lowered([
    deny({ to: ['2001:db8::/32'] }),
    deny({ id: '000000000002', to: ['203.0.113.0/24', '2001:db8::/32'] }),
  ]);
  expect([rules, losses]).toEqual([['Deny 203.0.113.0/24 TCP 443'], ['ipv4-only rejected', 'ipv4-only approximate']]);
  const rule = deny({ to: 'any' });
  const state = stateOf([rule], new Map([[denied, ['10.0.0.1', '2001:db8::1']]]));
  const { losses: ofMembers } = lower(state, { owner: { cluster: 'east' }, config, capabilities: unprobed });
  expect(ofMembers).toMatchObject([
    { effect: 'approximate', code: 'ipv4-only', message: expect.stringMatching(/2001:db8::1 .*not denied/) as unknown },
  ]);
});

it('of IPv6 nothing is written, and who misses it is told', () => {
  const { rules, losses } = lowered([
    accept({ to: ['2001:db8::/32'] }),
    accept({ id: '000000000002', to: ['203.0.113.0/24', '2001:db8::/32'] }),
  ]);
  expect([rules, losses]).toEqual([['Allow 203.0.113.0/24 TCP 443'], ['ipv4-only rejected', 'ipv4-only narrowed']]);
});
