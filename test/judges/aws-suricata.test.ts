import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awsNetworkFirewall } from '../../adapters/aws-network-firewall/adapter.ts';
import {
  arns,
  referencesOf,
  attachedGroups,
  textOf,
  variablesIn,
} from '../../adapters/aws-network-firewall/simulator/state/state.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../../adapters/aws-network-firewall/simulator/simulator.ts';
import { harness } from '../../adapters/aws-network-firewall/testing/harness.ts';
import { addressesOf } from '../../kit/simulator/traffic/names.ts';
import { formatAddress } from '../../src/net/address.ts';
import type { SimulatedFlow } from '../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { aRule } from '../kit/builders.ts';
import { monday, sealed, tuesday } from '../kit/laws/states.ts';
import { Rig } from '../kit/rig.ts';
import { aDenyingRule, describeFlow, desiredStates, permitted, stateOf } from '../kit/universe.ts';
import { installedEngine, judge, type Conversation, type EngineVerdict, type RuleSet } from './suricata-engine.ts';

/*
 * The engine that AWS runs judges the rules that we write, as they stand in the rule groups: it has to load them, to let
 * through what is desired and nothing else, and to agree with the simulator about every flow.
 */

const engine = installedEngine();

const tls = [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] as const;
const fill = new Map([
  ['a00000000001', ['10.0.0.1', '10.9.0.0/24', '2001:db8::1']],
  ['a00000000002', ['10.0.0.2', '10.0.0.3']],
  ['d00000000001', ['10.0.0.2', '2001:db8::1']],
]);
/** As most installations have it: names are accepted, and everything else is denied for all sources. */
const denied = stateOf(
  [
    aRule({ id: '100000000001', sources: ['a00000000001'], to: ['api.example.com', '*.example.org'], ports: tls }),
    aRule({ id: '100000000002', sources: ['a00000000002'], to: ['203.0.113.0/24'] }),
    aDenyingRule({ sources: ['d00000000002'], to: 'any', ports: [] }),
  ],
  new Map([...fill, ['d00000000002', ['10.0.0.0/8', '2001:db8::/32']]]),
);

const closed = stateOf(
  [
    aDenyingRule({ sources: ['d00000000001'], to: ['api.example.com'] }),
    aRule({
      id: '100000000001',
      sources: ['a00000000001'],
      to: ['api.example.com', '*.example.org'],
      ports: tls,
      log: true,
    }),
    aRule({ id: '100000000002', sources: ['a00000000002'], to: 'any', ports: [] }),
  ],
  fill,
);

describe.runIf(engine !== undefined)('the real engine', { timeout: 300_000 }, () => {
  const sampled = fc.sample(desiredStates, { seed: 5, numRuns: 4 });
  const worlds = Object.entries({ monday, tuesday, sealed, closed, denied, ...Object.fromEntries(sampled.entries()) });

  it.each([
    ...worlds.map(([name, desired]) => ({ name, desired, config: {} })),
    { name: 'monday, by variables', desired: monday, config: { sources: 'inline' } },
    { name: 'denied, by variables', desired: denied, config: { sources: 'inline' } },
  ])('agrees with the simulator and the desired state: $name', async ({ desired, config }) => {
    const isAsDesired = async (rig: Rig, rules: RuleSet): Promise<void> => {
      const flows = rig.flows.filter(({ host }) => host?.startsWith('*') !== true);
      const verdicts = await judge(engine ?? '', rules, flows.map(conversation));
      expect(verdicts).toBeInstanceOf(Array);
      const passing = new Set(
        (verdicts as readonly { id: string; verdict: string }[]).flatMap(({ id, verdict }) =>
          verdict === 'pass' ? [id] : [],
        ),
      );
      const wanted = permitted(desired, flows);
      const told = (flow: SimulatedFlow, accepts: boolean): string =>
        `${describeFlow(flow)} ${accepts ? 'Accept' : 'Deny'}`;
      expect(flows.map((flow, at) => told(flow, passing.has(String(at))))).toEqual(
        flows.map((flow) => told(flow, rig.simulator.verdict(flow).action === 'Accept')),
      );
      expect(flows.map((flow, at) => told(flow, passing.has(String(at))))).toEqual(
        flows.map((flow) => told(flow, wanted.has(flow))),
      );
    };
    await withRules(desired, isAsDesired, config);
  });

  it('loads whatever people write, and passes by it what it would without', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        '";) pass ip any any -> any any (sid:1;',
        '\n pass ip any any -> any any (sid:7; rev:1;)\n',
        'a\\',
        '\u0000x',
        '|00|;',
        "'; drop",
        '$HOME_NET @X',
      ),
    );
    const written = fc.sample(fc.tuple(text, text, text), { seed: 11, numRuns: 60 });
    const rules = written.map(([name, namespace, field], at) => {
      const rule = aRule({ id: `1${String(at).padStart(11, '0')}`, sources: ['a00000000001'] });
      return { ...rule, origin: { ...rule.origin, name, namespace, field } };
    });
    await withRules(stateOf(rules, fill), async (_, groups) => {
      const lines = groups.groups.flatMap((group) => group.trim().split('\n'));
      expect(lines.every((line) => /^pass tcp @[A-Z0-9_]+ any -> \S+ \d+ \([\x20-\x7e]+\)$/.test(line))).toBe(true);
      const stranger = { src: '10.0.0.99', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
      const member = { ...stranger, src: '10.0.0.1' } as const;
      const verdicts = await judge(engine ?? '', groups, [member, stranger].map(conversation));
      expect(verdicts).toBeInstanceOf(Array);
      expect((verdicts as readonly { verdict: string }[]).map(({ verdict }) => verdict)).toEqual(['pass', 'drop']);
    });
  });

  it.each([
    ['closed', closed],
    ['denied', denied],
  ])('matches a name however a client says it, and no other: %s', async (__, desired) => {
    await withRules(desired, async (_, groups) => isJudged(groups, said));
  });

  it('matches a host with its port, and a name in QUIC where UDP 443 is accepted', async () => {
    const web = [
      { port: 80, protocol: 'TCP', appProtocol: 'http' },
      { port: 8080, protocol: 'TCP', appProtocol: 'http' },
      { port: 443, protocol: 'UDP' },
    ] as const;
    const rules = [
      aRule({ id: '100000000001', sources: ['a00000000001'], to: ['api.example.com', '*.example.org'], ports: web }),
    ];
    const of = (what: string, verdict: 'pass' | 'drop', more: Partial<Conversation>): Said => [what, verdict, more];
    const quic = { proto: 'udp', port: 443 } as const;
    const asked: readonly Said[] = [
      of('a host', 'pass', { host: 'api.example.com', port: 80 }),
      of('in capitals', 'pass', { host: 'API.Example.COM', port: 80 }),
      of('with its port', 'pass', { host: 'api.example.com:8080', port: 8080 }),
      of('below a name', 'pass', { host: 'a.b.example.org:8080', port: 8080 }),
      of('another host', 'drop', { host: 'example.org', port: 80 }),
      of('another host with the port', 'drop', { host: 'api.example.com.evil.test:8080', port: 8080 }),
      of('another port', 'drop', { host: 'api.example.com', port: 8081 }),
      of('QUIC', 'pass', { ...quic, sni: 'api.example.com' }),
      of('QUIC with another name', 'drop', { ...quic, sni: 'evil.test' }),
      of('QUIC over IPv6', 'pass', { ...quic, sni: 'a.example.org', src: '2001:db8::1', dst: '2001:db8:99::9' }),
    ];
    const members = new Map([['a00000000001', ['10.0.0.1', '2001:db8::1']]]);
    await withRules(stateOf(rules, members), async (_, groups) => isJudged(groups, asked));
  });
});

/** Is each of these hosts denied, as the engine has it, and the simulator where it can only be HTTP? */
const hosts: Readonly<Record<string, boolean>> = {
  'api.example.com': true,
  'API.Example.COM': true,
  'api.example.com:80': true,
  'a.b.example.org:80': true,
  'example.org': false,
  'example.org:80': false,
  'xapi.example.com:80': false,
  'api.example.com.evil.test': false,
  'api-example.com': false,
};

it.runIf(engine !== undefined)('denies a host with and without a port, and no other', async () => {
  const names = ['api.example.com', '*.example.org'];
  const rules = [
    aDenyingRule({ sources: ['d00000000001'], to: names, ports: [] }),
    aRule({ id: '100000000001', sources: ['a00000000001'], to: 'any', ports: [] }),
  ];
  const members = new Map(['a00000000001', 'd00000000001'].map((id) => [id, ['10.0.0.1']] as const));
  const asked = Object.entries(hosts).map(([host, isDenied]): Said => {
    return [host, isDenied ? 'drop' : 'pass', { host, port: 80 }];
  });
  await withRules(stateOf(rules, members), async ({ simulator }, groups) => {
    await isJudged(groups, asked);
    const web = Object.entries(hosts).filter(([host]) => host.includes(':'));
    const verdicts = web.map(([host]) => {
      const { action } = simulator.verdict({ src: '10.0.0.1', dst: '198.18.0.9', host, port: 80, protocol: 'TCP' });
      return [host, action === 'Deny'];
    });
    expect(Object.fromEntries(verdicts)).toEqual(Object.fromEntries(web));
  });
});

type Said = readonly [what: string, verdict: 'pass' | 'drop', conversation: Partial<Conversation>];

async function isJudged(rules: RuleSet, all: readonly Said[]): Promise<void> {
  const from = { src: '10.0.0.1', dst: '198.18.0.9', port: 443, proto: 'tcp' } as const;
  const flows = all.map(([, , more], at): Conversation => ({ id: String(at), ...from, ...more }));
  const verdicts = (await judge(engine ?? '', rules, flows)) as readonly EngineVerdict[];
  expect(verdicts.map(({ verdict }, at) => [all[at]?.[0], verdict])).toEqual(
    all.map(([what, verdict]) => [what, verdict]),
  );
}

/** Ways to say a name in TLS. */
const said: readonly Said[] = [
  ...(
    [
      ['api.example.com', 'pass'],
      ['API.Example.COM', 'pass'],
      ['www.example.org', 'pass'],
      ['a.b.example.org', 'pass'],
      ['example.org', 'drop'],
      ['notexample.org', 'drop'],
      ['api.example.com.evil.test', 'drop'],
      ['xapi.example.com', 'drop'],
    ] as const
  ).map(([sni, verdict]): Said => [sni, verdict, { sni }]),
  ['no name', 'drop', { sni: null }],
  ['in two segments', 'pass', { sni: 'api.example.com', split: [60] }],
  ['another name in two segments', 'drop', { sni: 'evil.test', split: [60] }],
  ['with a long key share', 'pass', { sni: 'api.example.com', hello: ['grease', 'pq'] }],
  ['another name with a long key share', 'drop', { sni: 'evil.test', hello: ['grease', 'pq'] }],
  ['beside an encrypted hello', 'pass', { sni: 'api.example.com', hello: ['ech'] }],
  ['over IPv6', 'pass', { sni: 'a.example.org', src: '2001:db8::1', dst: '2001:db8:99::9' }],
  ['another name over IPv6', 'drop', { sni: 'evil.test', src: '2001:db8::1', dst: '2001:db8:99::9' }],
  ['over IPv6 from elsewhere', 'drop', { sni: 'a.example.org', src: '2001:db8::77', dst: '2001:db8:99::9' }],
];

/** The desired state as it stands in a simulated account. */
async function withRules(
  desired: DesiredState,
  work: (rig: Rig, rules: RuleSet) => Promise<void>,
  config: JsonObject = {},
): Promise<void> {
  const simulator = await startAwsNetworkFirewall({ port: 0 });
  try {
    const rig = new Rig(awsNetworkFirewall, harness(simulator, config));
    await rig.settle(desired);
    await work(rig, rulesOf(simulator));
  } finally {
    await simulator.close();
  }
}

function rulesOf({ state }: AwsSimulator): RuleSet {
  const groups = [...attachedGroups(state.policy)]
    .sort((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0))
    .flatMap(({ ResourceArn }) => [...state.groups.values()].filter(({ name }) => arns.group(name) === ResourceArn));
  const lists = new Map([...state.lists.values()].map((list) => [arns.list(list.id), [...list.entries.keys()]]));
  const references = groups.flatMap(({ document }) =>
    referencesOf(document).map(([name, arn]) => [name, lists.get(arn) ?? []] as const),
  );
  const values = groups.flatMap(({ document }) =>
    Object.entries(variablesIn(document)).map(([name, { Definition }]) => [name, Definition] as const),
  );
  return {
    groups: groups.map(({ document }) => textOf(document)),
    references: Object.fromEntries(references),
    variables: Object.fromEntries(values),
  };
}

function conversation({ src, dst, host, port, protocol }: SimulatedFlow, at: number): Conversation {
  const family = src.includes(':') ? 6 : 4;
  const resolved = host === undefined ? undefined : addressesOf(host).find((address) => address.family === family);
  const to = dst ?? (resolved === undefined ? '' : formatAddress(resolved));
  const proto = protocol === 'UDP' ? 'udp' : 'tcp';
  return { id: String(at), src, dst: to, port, proto, ...(host !== undefined && proto === 'tcp' && { sni: host }) };
}
