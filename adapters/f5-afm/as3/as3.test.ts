import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { skipped } from '../../../test/kit/skipped.ts';
import { describeFlow, desiredStates, everyFlow, permitted } from '../../../test/kit/universe.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { evaluator } from '../../../src/verify/perimeter/desired.ts';
import { f5AfmConfigSchema } from '../config.ts';
import { placeholderAddress } from '../objects/members.ts';
import { unprobed } from '../unprobed.ts';
import { as3 } from './as3.ts';

interface Use {
  readonly use: string;
}
interface DeclaredRule {
  readonly name: string;
  readonly action: string;
  readonly protocol: string;
  readonly source: { readonly addressLists?: readonly Use[] };
  readonly destination: { readonly addressLists?: readonly Use[]; readonly portLists?: readonly Use[] };
}
interface Declared {
  readonly class: string;
  readonly addresses?: readonly string[];
  readonly fqdns?: readonly string[];
  readonly ports?: readonly string[];
  readonly rules?: readonly (DeclaredRule | Use)[];
}
type Shared = Readonly<Record<string, Declared>>;

function contextOf(config: object = {}) {
  const parsed = f5AfmConfigSchema.parse({ url: 'https://192.0.2.1', ...config });
  return { config: parsed, capabilities: unprobed, owner: { cluster: 'east' } };
}

function declared(
  desired: DesiredState,
  config: object = {},
): { readonly declaration: Record<string, unknown>; readonly shared: Shared } {
  const { declaration } = JSON.parse(as3(desired, contextOf(config))) as { declaration: Record<string, unknown> };
  const tenant = declaration[String(Reflect.get(config, 'partition') ?? 'postern')] as { Shared: Shared };
  return { declaration, shared: tenant.Shared };
}

/** What a BIG-IP would make of it: the rules of the policy's rule list, each with its lists spelt out, as a desired state. */
function readBack(shared: Shared): DesiredState {
  const lists = (uses: readonly Use[] = []): readonly Declared[] => uses.map(({ use }) => shared[use]!);
  const policy = shared['pn-east-policy']?.rules?.[0] as Use;
  const rules = shared[policy.use]?.rules as readonly DeclaredRule[];
  const everybody = ['0.0.0.0/0', '::/0'];
  return aDesiredState({
    groups: rules.map(({ name, source }) =>
      aGroup({
        id: name,
        members:
          source.addressLists === undefined
            ? everybody
            : lists(source.addressLists).flatMap(({ addresses = [] }) => addresses),
      }),
    ),
    rules: rules.map(({ name, action, protocol, destination }) => {
      const to = lists(destination.addressLists).flatMap(({ addresses = [], fqdns = [] }) => [
        ...addresses.map((text) => (text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)),
        ...fqdns,
      ]);
      const ranges = lists(destination.portLists).flatMap((list) => list.ports ?? []);
      const ports = ranges.map((range) => {
        const [port = 0, endPort = port] = range.split('-').map(Number);
        return { port, endPort, protocol: protocol === 'tcp' ? ('TCP' as const) : ('UDP' as const) };
      });
      return aRule({
        id: name,
        action: action === 'accept-decisively' ? 'Accept' : 'Deny',
        sources: [name],
        to: destination.addressLists === undefined ? 'any' : to,
        ports,
      });
    }),
  });
}

const schemaPath = fileURLToPath(new URL('../../../../shared/schemas/as3-schema.json', import.meta.url));
const available =
  existsSync(schemaPath) ||
  skipped('AS3 declarations cannot be judged: the public AS3 schema is not at ../shared/schemas/as3-schema.json.');

const pods = aGroup({ id: 'a00000000001', title: 'pods of "app" <web>', members: ['10.0.0.1', '10.9.0.0/24'] });
const none = aGroup({ id: 'a00000000002', members: [] });
const example = aDesiredState({
  groups: [pods, none],
  rules: [
    aRule({ id: '100000000001', sources: [pods.id, none.id], to: ['203.0.113.0/24', 'api.example.com'], log: true }),
    aRule({
      id: '100000000002',
      sources: [none.id],
      to: 'any',
      ports: [{ port: 53, protocol: 'UDP' }],
      profile: 'web',
    }),
    aRule({ id: '100000000003', sources: [pods.id], expiresAt: '2027-01-31T00:00:00Z', profile: 'deep' }),
    aRule({ id: '100000000004', sources: [pods.id], expiresAt: '2027-01-31T00:00:00Z' }),
  ],
});
const config = {
  profiles: { web: { irule: '/Common/limit' }, deep: { protocolInspectionProfile: '/Common/deep' } },
};

describe('the AS3 declaration', () => {
  it('is one tenant with lists, rules and a policy', async () => {
    await expect(as3(example, contextOf(config))).toMatchFileSnapshot('expected/declaration.txt');
  });

  it('puts nobody where there is no one, because a rule without a source is for everybody', () => {
    const { shared } = declared(example, config);
    const lists = Object.entries(shared).filter(([name]) => name.startsWith('pn-east-src-'));
    expect(lists.map(([, { addresses }]) => addresses)).toEqual(expect.arrayContaining([[placeholderAddress]]));
    const unsourced = aDesiredState({ rules: [aRule({ sources: [] })] });
    expect(declared(unsourced).shared['pn-east-rules']).toEqual({ class: 'Firewall_Rule_List', rules: [] });
  });

  it('leaves out a rule whose inspection AS3 cannot name, and says which rule has an end', () => {
    const { declaration } = declared(example, config);
    expect(declaration['constants']).toEqual({
      class: 'Constants',
      notes: [
        expect.stringMatching(/^pn-east-\S+ is left out: rules of AS3 have no protocolInspectionProfile$/),
        expect.stringMatching(/^pn-east-\S+ has no end here: render and post again before 2027-01-31:14:00:00$/),
      ],
    });
  });

  it('writes addresses in their route domain', () => {
    const { shared } = declared(example, { ...config, routeDomain: 10 });
    const all = Object.values(shared).flatMap(({ addresses = [] }) => addresses);
    expect(all.filter((address) => address !== placeholderAddress && !address.includes('%10'))).toEqual([]);
  });

  it('does not depend on the order of groups', () => {
    const reversed = { ...example, groups: [...example.groups].reverse() };
    expect(as3(reversed, contextOf(config))).toBe(as3(example, contextOf(config)));
  });

  it('permits what the desired state permits', () => {
    // AFM knows no wildcards: what only `*.example.org` permits is lost, here as in everything that is lowered.
    const all = everyFlow().filter(({ host }) => host !== 'www.example.org');
    let accepted = 0;
    fc.assert(
      fc.property(desiredStates, (desired) => {
        const decide = evaluator(readBack(declared(desired).shared));
        const here = all.filter((flow) => decide(flow).action === 'Accept');
        accepted += here.length;
        expect(here.map(describeFlow)).toEqual([...permitted(desired, all)].map(describeFlow));
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });
});

describe.runIf(available)('the schema of AS3', () => {
  const validate = (): ReturnType<Ajv['compile']> =>
    new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(schemaPath, 'utf8')) as object);

  it('accepts every declaration', () => {
    const accepts = validate();
    const judge = (text: string): unknown => (accepts(JSON.parse(text)) ? 'valid' : accepts.errors);
    expect([
      judge(as3(example, contextOf(config))),
      judge(as3(aDesiredState(), contextOf({ partition: 'Common' }))),
    ]).toEqual(['valid', 'valid']);
    fc.assert(
      fc.property(desiredStates, (desired) => {
        expect(judge(as3(desired, contextOf()))).toBe('valid');
      }),
      { seed: 2, numRuns: 100 },
    );
    const broken = JSON.parse(as3(example, contextOf(config))) as { declaration: { postern: { Shared: object } } };
    Object.assign(broken.declaration.postern.Shared, { 'pn-east-src': { class: 'Firewall_Address_List' } });
    expect(accepts(broken)).toBe(false);
  });
});
