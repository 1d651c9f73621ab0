import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awsNetworkFirewall } from '../../adapters/aws-network-firewall/adapter.ts';
import { referenceName } from '../../adapters/aws-network-firewall/objects/names.ts';
import { linesOf } from '../../adapters/aws-network-firewall/objects/resources.ts';
import { unprobed } from '../../adapters/aws-network-firewall/unprobed.ts';
import type { DesiredState, Rule } from '../../src/core/model/desired.ts';
import { evaluator } from '../../src/verify/perimeter/desired.ts';
import { aRule } from '../kit/builders.ts';
import { aDenyingRule, stateOf } from '../kit/universe.ts';
import { installedEngine, judge, type Conversation, type EngineVerdict, type RuleSet } from './suricata-engine.ts';

/*
 * Whatever rules there are, the engine that AWS runs passes what they accept and nothing else, where no loss says so. Names
 * lead to addresses that other rules are about, ports are on the edges of ranges, and clients say names in many ways.
 */

const engine = installedEngine();
const config = awsNetworkFirewall.config.parse({ region: 'eu-west-1', firewall: 'edge' });
const context = { owner: { cluster: 'east', point: 'edge' }, config, capabilities: unprobed };

const members = ['10.0.0.1', '10.0.0.2', '10.9.0.0/24', '2001:db8::1', '2001:db8:1::/64'];
const networks = ['203.0.113.0/24', '203.0.113.128/26', '198.51.100.7/32', '0.0.0.0/0', '::/0', '2001:db8:f::/48'];
const names = ['api.example.com', '*.example.com', '*.example.org', 'example.org'];
const ports: readonly Rule['ports'][] = [
  [],
  [{ port: 443, protocol: 'TCP' }],
  [{ port: 5432, endPort: 5440, protocol: 'TCP' }],
  [
    { port: 443, protocol: 'TCP' },
    { port: 443, protocol: 'UDP' },
  ],
  [{ port: 53, protocol: 'UDP' }],
  [{ port: 1, endPort: 65_535, protocol: 'TCP' }],
];

const destinations = fc.oneof(
  fc.subarray(networks, { minLength: 1, maxLength: 3 }),
  fc.subarray([...names, '203.0.113.0/24'], { minLength: 1, maxLength: 3 }),
  fc.constant('any' as const),
);
const rules = fc
  .array(
    fc.record({
      denies: fc.boolean(),
      group: fc.constantFrom('1', '2'),
      to: destinations,
      of: fc.constantFrom(...ports),
    }),
    {
      minLength: 2,
      maxLength: 5,
    },
  )
  .map((all) =>
    all.map(({ denies, group, to, of }, at) =>
      denies
        ? aDenyingRule({ sources: [`d0000000000${group}`], to, ports: of })
        : aRule({ id: `10000000000${at}`, sources: [`a0000000000${group}`], to, ports: of }),
    ),
  );
const states = fc
  .tuple(rules, fc.array(fc.subarray(members, { minLength: 2 }), { minLength: 4, maxLength: 4 }))
  .map(([all, fill]): DesiredState => {
    const ids = ['a00000000001', 'a00000000002', 'd00000000001', 'd00000000002'];
    const once = [...new Map(all.map((rule) => [rule.id, rule])).values()];
    return stateOf(once, new Map(ids.map((id, at) => [id, fill[at] ?? []])));
  });

/** What a client says and does, and the name that it means. */
type Asked = Omit<Conversation, 'id' | 'src' | 'dst'> & { readonly means?: string };
const asked: readonly Asked[] = [
  ...[443, 5440, 5441].map((port) => ({ port, proto: 'tcp' }) as const),
  { port: 53, proto: 'udp' },
  { port: 443, proto: 'tcp', sni: null },
  ...['api.example.com', 'Deep.Www.Example.ORG', 'example.org', 'api.example.com.evil.test'].map(
    (sni) => ({ port: 443, proto: 'tcp', sni, means: sni.toLowerCase() }) as const,
  ),
  { port: 5440, proto: 'tcp', sni: 'www.example.com', means: 'www.example.com' },
  { port: 443, proto: 'tcp', sni: 'api.example.com', hello: ['pq'], means: 'api.example.com' },
  { port: 443, proto: 'tcp', host: 'api.example.com', means: 'api.example.com' },
  { port: 443, proto: 'udp', sni: 'api.example.com', means: 'api.example.com' },
];
const ends = [
  [
    ['10.0.0.1', '10.9.0.7', '10.0.0.9'],
    ['203.0.113.5', '203.0.113.130', '198.51.100.7', '192.0.2.9'],
  ],
  [
    ['2001:db8::1', '2001:db8:1::5', '2001:db8::9'],
    ['2001:db8:f::1', '2001:db8:e::1'],
  ],
] as const;
const conversations = ends.flatMap(([sources, targets]) =>
  sources.flatMap((src) => targets.flatMap((dst) => asked.map((one) => ({ src, dst, ...one })))),
);

/** What is denied by network is denied before a name is said that a rule above accepts. */
const nameAboveNetwork = stateOf(
  [
    aRule({ id: '100000000000', sources: ['a00000000001'], to: ['*.example.com'] }),
    aDenyingRule({ sources: ['d00000000001'], to: ['203.0.113.0/24'] }),
  ],
  new Map([
    ['a00000000001', ['10.0.0.1', '10.9.0.0/24']],
    ['d00000000001', ['10.0.0.1']],
  ]),
);

describe.runIf(engine !== undefined)('the real engine and rules of any kind', { timeout: 600_000 }, () => {
  const most = Number(process.env['POSTERN_INTENTS'] ?? 6);
  const sampled = [nameAboveNetwork, ...fc.sample(states, { seed: 7, numRuns: most })];

  it.each([...sampled.entries()])('pass the same, but for what is told: %i', async (seed, desired) => {
    const { resources, losses } = awsNetworkFirewall.lower(desired, context);
    const [flows = []] = fc.sample(fc.shuffledSubarray(conversations, { minLength: 60, maxLength: 60 }), {
      seed,
      numRuns: 1,
    });
    const said = flows.map(({ means: _, ...flow }, at): Conversation => ({ id: String(at), ...flow }));
    const verdicts = (await judge(engine ?? '', ruleSet(resources), said)) as readonly EngineVerdict[];
    expect(verdicts).toBeInstanceOf(Array);
    const decide = evaluator(desired);
    const differences = flows.flatMap(({ means, src, dst, port, proto }, at) => {
      const protocol = proto === 'udp' ? ('UDP' as const) : ('TCP' as const);
      const wanted = decide({ src, dst, port, protocol, ...(means !== undefined && { host: means }) });
      const { verdict = 'drop' } = verdicts[at] ?? {};
      const isTold = losses.some(({ id, code }) => id === wanted.rule && code === 'denied-before-names');
      if ((verdict === 'pass') === (wanted.action === 'Accept') || (verdict === 'drop' && isTold)) return [];
      return [{ ...said[at], wanted, verdict: verdicts[at] }];
    });
    expect(differences).toEqual([]);
  });
});

function ruleSet(resources: ReturnType<typeof awsNetworkFirewall.lower>['resources']): RuleSet {
  const placed = resources.filter(({ position }) => position !== undefined);
  const lines = placed.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0)).flatMap(linesOf);
  const lists = resources.flatMap(({ name, members: held }) =>
    held === undefined ? [] : [[referenceName(context, name), held.length === 0 ? ['255.255.255.255'] : held] as const],
  );
  return { groups: [lines.join('\n')], references: Object.fromEntries(lists), variables: {} };
}
