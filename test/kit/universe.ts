import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { SimulatedFlow } from '../../kit/simulator/simulator.ts';
import type { DesiredState, Role, Rule } from '../../src/core/model/desired.ts';
import { evaluator } from '../../src/verify/perimeter/desired.ts';
import { aDesiredState, aGroup, aRule } from './builders.ts';

/*
 * A world small enough to try every flow in it after every request: a few sources and destinations, each with a
 * stranger that no desired state knows.
 */

export const members = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.9.0.0/24', '2001:db8::1'] as const;
const sources = {
  4: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.9.0.7', '10.0.0.99'],
  6: ['2001:db8::1', '2001:db8::99'],
} as const;
const targets = {
  4: ['203.0.113.5', '203.0.113.200', '198.51.100.7', '192.0.2.200'],
  6: ['2001:db8:f::1', '2001:db8:e::1'],
} as const;
const hosts = ['api.example.com', 'www.example.org', 'stranger.example.net'] as const;
const services = [
  { port: 443, protocol: 'TCP' },
  { port: 5435, protocol: 'TCP' },
  { port: 53, protocol: 'UDP' },
] as const;

/** Every flow of the world. Names come with their address where the device goes by it. */
export function everyFlow(addressOf: (host: string) => string | undefined = () => undefined): readonly SimulatedFlow[] {
  const named = hosts.map((host) => ({ host, dst: addressOf(host) }));
  return ([4, 6] as const).flatMap((family) =>
    sources[family].flatMap((src) => [
      ...targets[family].flatMap((dst) => services.map((service) => ({ src, dst, ...service }))),
      ...named.flatMap(({ host, dst }) =>
        services
          .filter(({ protocol }) => protocol === 'TCP')
          .map((service) => ({ src, host, ...(dst !== undefined && { dst }), ...service })),
      ),
    ]),
  );
}

export function permitted(desired: DesiredState, flows: readonly SimulatedFlow[]): ReadonlySet<SimulatedFlow> {
  const decide = evaluator(desired);
  return new Set(flows.filter((flow) => decide(flow).action === 'Accept'));
}

export function describeFlow({ src, dst, host, port, protocol }: SimulatedFlow): string {
  return `${src} -> ${[host, dst].filter(Boolean).join(' = ')} ${protocol}/${port}`;
}

export const nothing = aDesiredState();

const acceptGroups = ['a00000000001', 'a00000000002', 'a00000000003'] as const;
const denyGroups = ['d00000000001', 'd00000000002'] as const;
const acceptSlots = ['100000000001', '100000000002', '100000000003', '100000000004'] as const;

const networkDestinations = ['203.0.113.0/24', '203.0.113.0/25', '198.51.100.0/24', '2001:db8:f::/48'] as const;
const ports = [
  [],
  [{ port: 443, protocol: 'TCP' }],
  [{ port: 5432, endPort: 5440, protocol: 'TCP' }],
  [
    { port: 443, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ],
] as const;
const tls = [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] as const;

type Where = Pick<Rule, 'ports'> & { readonly to: 'any' | readonly string[] };

const somewhere: fc.Arbitrary<Where> = fc.record({
  to: fc.oneof(
    { weight: 5, arbitrary: fc.subarray([...networkDestinations], { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.constant('any' as const) },
  ),
  ports: fc.constantFrom(...ports),
});
const byName: fc.Arbitrary<Where> = fc.record({
  to: fc.constantFrom(['api.example.com'], ['*.example.org'], ['api.example.com', '198.51.100.0/24']),
  ports: fc.constant(tls),
});

const acceptRules: fc.Arbitrary<readonly Rule[]> = fc
  .subarray([...acceptSlots])
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .tuple(fc.subarray([...acceptGroups], { minLength: 1 }), fc.oneof(somewhere, somewhere, byName))
          .map(([from, where]) => aRule({ id, sources: from, ...where })),
      ),
    ),
  );

/** As the compiler does it, another content is another denying rule. */
const denyRules: fc.Arbitrary<readonly Rule[]> = fc.uniqueArray(
  fc
    .tuple(fc.subarray([...denyGroups], { minLength: 1 }), somewhere)
    .map(([from, where]) => aDenyingRule({ sources: from, ...where })),
  { maxLength: 3, selector: ({ id }) => id },
);

export function aDenyingRule(fields: Parameters<typeof aRule>[0]): Rule {
  const rule = aRule({ ...fields, action: 'Deny' });
  const id = createHash('sha256').update(JSON.stringify(rule)).digest('hex').slice(0, 12);
  return { ...rule, id };
}

/** Small desired states that have much in common: the same groups and rules come and go, change and swap places. */
export const desiredStates: fc.Arbitrary<DesiredState> = fc
  .tuple(
    fc.tuple(acceptRules, denyRules).chain(([accepting, denying]) => {
      const all = [...accepting, ...denying];
      return fc.shuffledSubarray(all, { minLength: all.length });
    }),
    fc.array(fc.subarray([...members]), { minLength: 5, maxLength: 5 }),
  )
  .map(([rules, fill]) =>
    stateOf(rules, new Map([...acceptGroups, ...denyGroups].map((id, at) => [id, fill[at] ?? []]))),
  );

/** The desired state with these rules, and of these groups those that the rules name. */
export function stateOf(rules: readonly Rule[], fill: ReadonlyMap<string, readonly string[]>): DesiredState {
  const roles = new Map<string, Role>(rules.flatMap(({ sources: ids, action }) => ids.map((id) => [id, action])));
  const groups = [...roles].map(([id, role]) => aGroup({ id, role, members: fill.get(id) ?? [] }));
  return aDesiredState({ rules, groups: groups.sort((a, b) => (a.id < b.id ? -1 : 1)) });
}
