import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { monday, oneGroup, oneGroupEach, tuesday } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { aDenyingRule, nothing, stateOf } from '../../../test/kit/universe.ts';
import { gcpFirewall } from '../adapter.ts';
import { startGcpFirewall, type GcpOptions, type GcpSimulator } from '../simulator/simulator.ts';
import { text, texts } from '../../../kit/simulator/json-values.ts';
import { matchOf, withGroup, withPolicy } from '../simulator/state.ts';
import { harness, isOurs, policyIn, withRule } from '../testing/harness.ts';

let simulator: GcpSimulator | undefined;
afterEach(() => simulator?.close());

/** Every request takes a second. */
async function rigWith(
  options: Partial<GcpOptions> = {},
  config: JsonObject = {},
): Promise<{ readonly rig: Rig; readonly gcp: GcpSimulator }> {
  const gcp = await startGcpFirewall({ port: 0, operationMs: 3_000, now: (requests) => requests * 1_000, ...options });
  simulator = gcp;
  return { gcp, rig: new Rig(gcpFirewall, harness(gcp, config)) };
}

const accepts = (gcp: GcpSimulator, src: string, dst = '203.0.113.5'): boolean =>
  gcp.verdict({ src, dst, port: 443, protocol: 'TCP' }).action === 'Accept';
const ours = (gcp: GcpSimulator): readonly JsonObject[] =>
  [...policyIn(gcp.state).rules.values()].filter(isOurs).sort((a, b) => Number(a['priority']) - Number(b['priority']));
const prioritiesOf = (gcp: GcpSimulator): ReadonlyMap<string, number> =>
  new Map(ours(gcp).map((rule) => [text(rule['ruleName']), Number(rule['priority'])]));
const writes = (gcp: GcpSimulator): readonly string[] =>
  gcp
    .requests()
    .filter(({ method, path }) => method !== 'GET' && path !== '/token')
    .map(({ method, path, status }) => `${method} ${path.replace(/[?/][^/?]*$/, '')} ${status}`);

const rule = (fields: JsonObject): JsonObject => ({
  ruleName: 'theirs',
  direction: 'EGRESS',
  action: 'allow',
  match: { srcIpRanges: ['10.0.0.0/8'], destIpRanges: ['0.0.0.0/0'], layer4Configs: [{ ipProtocol: 'all' }] },
  ...fields,
});

describe('a change', () => {
  it('of several rules is one patch, in which priorities and rules of others stay', async () => {
    const { rig, gcp } = await rigWith();
    rig.harness.plantForeign();
    await rig.settle(oneGroupEach(['10.0.0.1', '10.0.0.3']));
    const before = prioritiesOf(gcp);
    const count = writes(gcp).length;
    await rig.settle(oneGroupEach(['10.0.0.2', '10.0.0.3', '10.0.0.4']));
    expect(writes(gcp).slice(count)).toEqual(['PATCH /compute/v1/projects/edge-project/global/firewallPolicies 200']);
    const after = prioritiesOf(gcp);
    expect([...before].map(([name]) => after.get(name))).toEqual([...before.values()]);
    expect(policyIn(gcp.state).rules.get(50_000)).toMatchObject({ ruleName: 'office-out' });
  });

  it('is planned anew when somebody changes the policy between its reading and its patch', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(monday);
    let readings = 0;
    gcp.onRequest(({ method, path }) => {
      if (method !== 'GET' || !path.endsWith('/edge-policy')) return;
      readings += 1;
      // The second is that for the fingerprint.
      if (readings === 2) gcp.edit((state) => withRule(state, rule({ priority: 70_000 })));
    });
    const { state, error } = await rig.sync(tuesday);
    expect([state, error?.errorClass, error?.details.status]).toEqual(['failed', 'conflict', 412]);
    await rig.settle(tuesday);
    expect(policyIn(gcp.state).rules.get(70_000)).toMatchObject({ ruleName: 'theirs' });
  });

  it('waits while an operation of somebody else is at work, and says so', async () => {
    const { rig, gcp } = await rigWith({ operationMs: 20_000 });
    await rig.connect();
    const { port } = new URL(gcp.url);
    const { request } = await import('node:https');
    const status = await new Promise((resolve) => {
      const headers = { authorization: `Bearer ${gcp.credentials['token'] ?? ''}` };
      const path =
        '/compute/v1/projects/edge-project/global/firewallPolicies/edge-policy/addRule?minPriority=10&maxPriority=20';
      const asked = request({ port, host: '127.0.0.1', method: 'POST', path, ca: gcp.ca, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.end(JSON.stringify(rule({})));
    });
    const first = await rig.sync(monday);
    expect([status, first.state, first.error?.errorClass]).toEqual([200, 'failed', 'busy']);
    expect(first.error?.message).toContain('another change of the policy is in progress, perhaps by another client');
    await rig.recover(monday);
    expect(policyIn(gcp.state).rules.get(10)).toMatchObject({ ruleName: 'theirs' });
  });

  it('that Google gives up is told with its reason, and written again', async () => {
    const { rig, gcp } = await rigWith();
    gcp.failNext({ code: 'INTERNAL_ERROR', message: 'Try again' });
    const told: string[] = [];
    await rig.recover(oneGroup(['10.0.0.1']), ({ quarantined, error }) =>
      told.push(...quarantined.map((one) => one.error.message), error?.message ?? ''),
    );
    expect(accepts(gcp, '10.0.0.1')).toBe(true);
    expect(writes(gcp)).toHaveLength(2);
  });

  it('stays pending as long as its operation does not end, and is never sent twice', async () => {
    let now = 0;
    const { rig, gcp } = await rigWith({ now: () => now, operationMs: 60_000 });
    const first = await rig.turn(monday);
    expect(first.state).toBe('in-progress');
    const states = new Set<string>();
    for (let turn = 0; turn < 20; turn += 1) {
      rig.crash();
      states.add((await rig.turn(monday)).state);
    }
    expect([[...states], writes(gcp).length]).toEqual([['in-progress'], 1]);
    expect(accepts(gcp, '10.0.0.1')).toBe(false);
    now = 60_000;
    await rig.settle(monday);
    expect(accepts(gcp, '10.0.0.1', '203.0.113.200')).toBe(true);
    expect(writes(gcp)).toHaveLength(1);
  });

  it('without room among our priorities is told', async () => {
    const { rig } = await rigWith({}, { firstPriority: 100, lastPriority: 103 });
    await rig.settle(oneGroup(['10.0.0.1']));
    const result = await rig.sync(oneGroupEach(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']));
    const told = [result.error, ...result.quarantined.map(({ error }) => error)].map((error) => error?.message).join();
    expect(told).toContain('do not fit between priorities 100 and 103');
  });

  it('beyond the quota of the policy is told with what to do, and holds nobody else', async () => {
    const { rig, gcp } = await rigWith({ mostTuples: 60 });
    await rig.settle(oneGroup(['10.0.0.1']));
    const many = Array.from({ length: 60 }, (_, at) => `10.1.0.${at}`);
    const both = stateOf(
      [
        aRule({ id: '100000000001', sources: ['a00000000001'] }),
        aRule({ id: '100000000002', sources: ['a00000000002'] }),
      ],
      new Map([
        ['a00000000001', ['10.0.0.1', '10.0.0.2']],
        ['a00000000002', many],
      ]),
    );
    const result = await rig.sync(both);
    expect(result.quarantined.map(({ error }) => error.errorClass)).toContain('quota');
    expect([accepts(gcp, '10.0.0.2'), accepts(gcp, '10.1.0.1')]).toEqual([true, false]);
  });
});

describe('rules of others among our priorities', () => {
  it('are left behind where they accept, and left where they are where they deny', async () => {
    const { rig, gcp } = await rigWith();
    const sealed = stateOf(
      [aDenyingRule({ sources: ['d00000000001'], to: ['203.0.113.0/25'], ports: [] }), aRule({ to: 'any' })],
      new Map([
        ['d00000000001', ['10.0.0.1']],
        ['00000000000a', ['10.0.0.1', '10.0.0.2']],
      ]),
    );
    await rig.settle(sealed);
    const [first] = ours(gcp);
    const place = Number(first?.['priority']);
    gcp.edit((state) => withRule(state, rule({ priority: place - 1, ruleName: 'open' })));
    expect(accepts(gcp, '10.0.0.1')).toBe(true);
    await rig.settle(sealed);
    expect([...prioritiesOf(gcp).values()].every((priority) => priority < place - 1)).toBe(true);
    expect(accepts(gcp, '10.0.0.1')).toBe(false);

    gcp.edit((state) => withRule(state, rule({ priority: 100_000, ruleName: 'emergency', action: 'deny' })));
    expect((await rig.settle(sealed)).plan.changes).toEqual([]);
    expect(accepts(gcp, '10.0.0.2', '198.51.100.7')).toBe(false);
  });

  it('are told where they leave no room before them, and what is taken away is taken away all the same', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    const match = { ...matchOf(rule({})), destIpRanges: ['192.0.2.0/24'] };
    gcp.edit((state) => withRule(state, rule({ priority: 100_000, match })));
    const count = writes(gcp).length;
    for (let turn = 0; turn < 4; turn += 1) await rig.sync(oneGroup(['10.0.0.1']));
    expect([accepts(gcp, '10.0.0.1'), accepts(gcp, '10.0.0.2')]).toEqual([true, false]);
    const { state, quarantined, error } = await rig.sync(oneGroup(['10.0.0.1']));
    const told = [error, ...quarantined.map((one) => one.error)].map((one) => one?.message).join();
    expect([state, told]).toEqual(['partial', expect.stringContaining('"theirs" of others stands at 100000')]);
    expect(writes(gcp).length - count).toBeLessThanOrEqual(2);
  });

  it('and elsewhere are read, with what is not understood of them', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    gcp.edit((state) =>
      [
        rule({ priority: 5, match: { ...matchOf(rule({})), destRegionCodes: ['CH'] } }),
        rule({ priority: 6, disabled: true }),
        rule({
          priority: 7,
          direction: 'INGRESS',
          match: { srcIpRanges: ['0.0.0.0/0'], layer4Configs: [{ ipProtocol: 'all' }] },
        }),
        rule({ priority: 300_000, action: 'goto_next' }),
      ].reduce(withRule, state),
    );
    const { session, context } = await rig.connect();
    const { resources, others } = await session.observe();
    const { rules, fallback } = gcpFirewall.table!(resources, context as never, others);
    const seen = rules.map(({ name, action, doubt = '', foreign = false }) => [
      name.replace(/^pn-.*/, 'ours'),
      action,
      foreign,
      doubt,
    ]);
    expect([seen, fallback]).toEqual([
      [
        ['theirs, priority 5', 'Accept', true, 'destRegionCodes'],
        ['ours', 'Accept', false, ''],
        ['theirs, priority 300000', 'Accept', true, 'goto_next'],
        ['theirs, priority 300000', 'Deny', true, 'goto_next'],
        ['deny-the-rest-v4, priority 2000000000', 'Deny', true, ''],
        ['deny-the-rest-v6, priority 2000000001', 'Deny', true, ''],
      ],
      'Accept',
    ]);
  });
});

describe('a large destination', () => {
  const networks = Array.from({ length: 2_500 }, (_, at) => `10.${100 + (at >> 8)}.${at & 255}.0/24`).sort();
  const large = (to: readonly string[]): ReturnType<typeof stateOf> =>
    stateOf(
      [aDenyingRule({ sources: ['d00000000001'], to }), aRule({ to })],
      new Map([
        ['d00000000001', ['10.0.0.1']],
        ['00000000000a', ['10.0.0.1', '10.0.0.2']],
      ]),
    );

  it('stands in address groups of what accepts, and in the rules of what denies', async () => {
    const { rig, gcp } = await rigWith({ pageSize: 2 });
    await rig.settle(large(networks));
    const [deny, accept] = ours(gcp).map(matchOf);
    expect([texts(deny?.['destIpRanges']).length, texts(deny?.['destAddressGroups'])]).toEqual([2_500, []]);
    expect([texts(accept?.['destIpRanges']), texts(accept?.['destAddressGroups']).length]).toEqual([[networks[0]], 4]);
    expect([accepts(gcp, '10.0.0.2', '10.105.7.9'), accepts(gcp, '10.0.0.1', '10.105.7.9')]).toEqual([true, false]);
    const groups = new Set(gcp.state.groups.keys());
    await rig.settle(large(networks.slice(1)));
    // One more or less touches one group.
    expect([...gcp.state.groups.keys()].filter((key) => groups.has(key))).toHaveLength(3);
    await rig.settle(nothing);
    expect(gcp.state.groups.size).toBe(0);
  });

  it('is never everything when somebody deletes a group, and is made good', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(large(networks));
    for (const key of gcp.state.groups.keys()) gcp.edit((state) => withGroup(state, key, undefined));
    expect(accepts(gcp, '10.0.0.2')).toBe(false);
    expect(accepts(gcp, '10.0.0.2', '10.105.7.9')).toBe(false);
    const { session, context } = await rig.connect();
    const { resources } = await session.observe();
    const { rules } = gcpFirewall.table!(resources, context as never);
    expect(rules.some(({ action, destination }) => action === 'Accept' && destination.any)).toBe(true);
    await rig.settle(large(networks));
    expect(accepts(gcp, '10.0.0.2', '10.105.7.9')).toBe(true);
  });

  it('needs an API that may not be switched on, which is told to whoever needs it', async () => {
    const { rig, gcp } = await rigWith({ hasAddressGroups: false });
    await rig.settle(monday);
    const result = await rig.sync(large(networks));
    const told = [result.error, ...result.quarantined.map(({ error }) => error)];
    expect(told.some((error) => error?.message.includes('gcloud services enable'))).toBe(true);
    expect(accepts(gcp, '10.0.0.2', '10.105.7.9')).toBe(false);
  });
});

describe('what is there', () => {
  it('is a policy of the organisation that decides first', async () => {
    const hierarchy = [
      {
        name: '123',
        shortName: 'company-baseline',
        rules: [rule({ priority: 1, ruleName: 'deny-lab', action: 'deny' })],
      },
    ];
    const { rig, gcp } = await rigWith({ hierarchy });
    const { context } = await rig.connect();
    expect(context.capabilities.choices['before']).toMatchObject({ value: 'company-baseline' });
    expect(context.capabilities.choices['networks']).toMatchObject({ value: 'edge-network' });
    await rig.settle(oneGroup(['10.0.0.1']));
    expect(accepts(gcp, '10.0.0.1')).toBe(false);
  });

  it.each([
    [{ policySource: 'SYSTEM' }, 'foreign-owned', 'Make a policy of its own for Postern'],
    [{ policyType: 'RDMA_ROCE_POLICY' }, 'unsupported', 'type RDMA_ROCE_POLICY'],
  ] as const)('is a policy with %j, which is not ours to write', async (policy, errorClass, words) => {
    const { rig } = await rigWith({ policy });
    await expect(rig.connect()).rejects.toMatchObject({
      errorClass,
      message: expect.stringContaining(words) as string,
    });
  });

  it('is no such policy, or no right to it', async () => {
    const { rig } = await rigWith({}, { policy: 'another' });
    await expect(rig.connect()).rejects.toMatchObject({
      errorClass: 'not-found',
      message: expect.stringContaining('config.policy') as string,
    });
    await simulator?.close();
    const { rig: other, gcp } = await rigWith();
    const body = JSON.stringify({
      error: {
        code: 403,
        message: "Required 'compute.firewallPolicies.get' permission for 'x'",
        errors: [{ reason: 'forbidden' }],
      },
    });
    gcp.fault({ kind: 'answer', status: 403, body, match: 'firewallPolicies' });
    await expect(other.connect()).rejects.toMatchObject({
      errorClass: 'forbidden',
      message: expect.stringContaining('compute.firewallPolicies.get') as string,
    });
  });

  it('may be a policy of a region', async () => {
    const { rig, gcp } = await rigWith({ region: 'europe-west1' }, { mostInline: 1 });
    await rig.settle(monday);
    await rig.settle(
      stateOf([aRule({ to: ['203.0.113.0/24', '198.51.100.0/24'] })], new Map([['00000000000a', ['10.0.0.1']]])),
    );
    expect([...gcp.state.groups.keys()]).toEqual([expect.stringMatching(/^europe-west1\/pn-east-/)]);
    expect([accepts(gcp, '10.0.0.1'), accepts(gcp, '10.0.0.1', '192.0.2.1')]).toEqual([true, false]);
    const { session } = await rig.connect();
    expect(await session.live()).toMatchObject({
      state: 'live',
      evidence: expect.stringContaining('edge-network') as string,
    });
  });

  it('may have the name of another, which the network goes by too', async () => {
    const { rig, gcp } = await rigWith({ region: 'europe-west1' });
    await rig.settle(monday);
    const [own] = ours(gcp);
    const namesake = policyIn(gcp.state);
    const rules = new Map([[7, { ...own, priority: 7 }]]);
    gcp.edit((state) => withPolicy(state, { ...namesake, scope: 'global', rules }));
    const { session } = await rig.connect();
    expect((await session.live()).state).toBe('live');
  });

  it('says how many of its networks were not looked at', async () => {
    const { rig, gcp } = await rigWith();
    const associations = new Map(
      Array.from({ length: 6 }, (_, at) => [`a${at}`, `projects/edge-project/global/networks/n${at}`]),
    );
    gcp.edit((state) => withPolicy(state, { ...policyIn(state), associations }));
    await rig.settle(monday);
    const { session } = await rig.connect();
    expect((await session.live()).evidence).toContain('n3; 2 more were not looked at');
  });

  it('is live when the networks go by it, and unknown where no network has it', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(monday);
    const { session } = await rig.connect();
    expect(await session.live()).toMatchObject({ state: 'live' });
    gcp.edit((state) => {
      const [first] = ours(gcp);
      return withRule(state, { ...first, action: 'allow' });
    });
    expect(await session.live()).toMatchObject({ state: 'pending' });
    gcp.edit((state) => withPolicy(state, { ...policyIn(state), associations: new Map() }));
    expect(await session.live()).toEqual({ state: 'unknown', evidence: 'no network has the policy' });
    gcp.fault({ kind: 'error-before', status: 403, match: 'getEffectiveFirewalls' });
    gcp.edit((state) =>
      withPolicy(state, { ...policyIn(state), associations: new Map([['a', 'projects/x/global/networks/n']]) }),
    );
    expect((await session.live()).evidence).toContain('compute.networks.getEffectiveFirewalls');
  });

  it('are sources for nobody as long as nobody is meant', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(oneGroup([]));
    const seen = (): readonly unknown[] =>
      ours(gcp).map(({ match, disabled }) => [texts(matchOf({ match: match ?? {} })['srcIpRanges']), disabled]);
    expect(seen()).toEqual([[['192.0.2.0/32'], true]]);
    await rig.settle(oneGroup(['10.0.0.1']));
    expect(seen()).toEqual([[['10.0.0.1/32'], undefined]]);
  });

  it('are everybody where somebody has taken them away, which is seen and made good', async () => {
    const { rig, gcp } = await rigWith();
    for (const members of [[], ['10.0.0.1']]) {
      await rig.settle(oneGroup(members));
      const [own = {}] = ours(gcp);
      const { srcIpRanges: _, ...match } = matchOf(own);
      const { disabled: _disabled, ...open } = own;
      gcp.edit((state) => withRule(state, { ...open, match }));
      expect(accepts(gcp, '10.9.9.9')).toBe(true);
      const { session, context } = await rig.connect();
      const { resources } = await session.observe();
      expect(gcpFirewall.table!(resources, context as never).rules).toMatchObject([
        { action: 'Accept', sources: ['0.0.0.0/0'] },
      ]);
      await rig.settle(oneGroup(members));
      expect([accepts(gcp, '10.9.9.9'), accepts(gcp, '10.0.0.1')]).toEqual([false, members.length > 0]);
    }
  });

  it('are made good where somebody has enabled the rule for nobody', async () => {
    const { rig, gcp } = await rigWith();
    await rig.settle(oneGroup([]));
    const [{ disabled: _, ...enabled } = {}] = ours(gcp);
    gcp.edit((state) => withRule(state, enabled));
    await rig.settle(oneGroup([]));
    expect(ours(gcp).map(({ disabled }) => disabled)).toEqual([true]);
  });
});
