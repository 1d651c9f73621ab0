import { afterEach, describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { aDenyingRule } from '../../../test/kit/universe.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { guard } from '../../../src/core/plan/guard/guards.ts';
import { panos } from '../adapter.ts';
import { PanosClient } from '../api/client.ts';
import { kinds, tagName, timedTags } from '../objects/names.ts';
import { connected, type Connected } from '../testing/device.ts';
import { sendRegistrations } from './registered.ts';

const start = 1_767_225_600_000;
const hour = 3_600_000;
const timeout = { memberTimeoutSeconds: 3_600 };
const flow = { dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;

const accepting = aRule({ sources: ['a00000000001'], to: ['203.0.113.0/24'] });
const denying = aDenyingRule({ sources: ['d00000000001'], to: ['203.0.113.0/25'] });
const desired = aDesiredState({
  groups: [
    aGroup({ id: 'a00000000001', members: ['10.0.0.1', '10.0.0.2'] }),
    aGroup({ id: 'd00000000001', role: 'Deny', members: ['10.0.0.2'] }),
  ],
  rules: [denying, accepting],
});

let open: Connected[] = [];
afterEach(async () => {
  await Promise.all(open.map(({ device }) => device.close()));
  open = [];
});

async function started(config: Readonly<Record<string, unknown>> = timeout) {
  const time = { now: start };
  const all = await connected({ config, now: () => time.now });
  open.push(all);
  await all.sync(desired);
  const verdict = (src: string): string => all.device.verdict({ ...flow, src }).action;
  return { ...all, time, verdict };
}

const held = (all: Connected, ip: string): readonly string[] => [
  ...(all.device.state.registered.get(ip)?.keys() ?? []),
];
const told = (outcomes: readonly Outcome[]): readonly string[] => outcomes.map(({ result }) => result);

describe('addresses with a time', () => {
  it('are forgotten when nobody renews them, and those of denying groups stay', async () => {
    const all = await started();
    expect([all.verdict('10.0.0.1'), all.verdict('10.0.0.2')]).toEqual(['Accept', 'Deny']);
    all.time.now += hour;
    expect([all.verdict('10.0.0.1'), all.verdict('10.0.0.2')]).toEqual(['Deny', 'Deny']);
    expect(held(all, '10.0.0.2')).toEqual([tagName({ cluster: 'east', point: 'edge' }, 'Deny', 'd00000000001')]);
  });

  it('are renewed in time although an administrator is waited for', async () => {
    const all = await started();
    const tag = tagName({ cluster: 'east', point: 'edge' }, 'Accept', 'a00000000001');
    const body = { 'ip-netmask': '10.0.0.99', tag: { member: [tag] } };
    all.device.edit('address', (entries) => [...entries, { name: 'office', body }]);
    const lookAgain = async (): Promise<unknown> => {
      await all.session.observe();
      const { state, lookAgainAfterMs } = await all.session.live();
      return [state, lookAgainAfterMs];
    };
    expect(await lookAgain()).toEqual(['pending', 60_000]);
    all.time.now += hour / 2 - 5_000;
    expect(await lookAgain()).toEqual(['pending', 5_000]);
  });

  it('are renewed at half of it by whichever process, and are at no request without a tag', async () => {
    const all = await started();
    const shut: string[] = [];
    all.device.onRequest(({ body }) => {
      if (all.verdict('10.0.0.1') === 'Deny') shut.push(body);
    });
    for (let half = 0; half < 12; half += 1) {
      const { lookAgainAfterMs = 0 } = await (half % 2 === 0 ? all.session : await all.another()).live();
      expect(lookAgainAfterMs).toBe(hour / 2);
      all.time.now += lookAgainAfterMs;
      const changes = await all.plan(desired);
      expect(changes.map(({ op, key }) => [op, key.kind])).toEqual([['update', kinds.tag]]);
      const [batch] = panos.batch(changes, all.context);
      const before = all.device.requests().length;
      expect(told(await all.send(changes))).toEqual(['done']);
      expect(all.device.requests().length - before).toBe(batch?.nativeCalls);
      expect(await all.plan(desired)).toEqual([]);
      expect(held(all, '10.0.0.1')).toHaveLength(1);
    }
    expect(shut).toEqual([]);
    expect(all.device.requests().filter(({ body }) => body.startsWith('type=commit'))).toHaveLength(1);
  });

  it('are renewed while their removal is held, so that they stay until a person has looked', async () => {
    const all = await started();
    const fewer = { ...desired, groups: desired.groups.map((group) => ({ ...group, members: ['10.0.0.2'] })) };
    for (let half = 0; half < 6; half += 1) {
      all.time.now += hour / 2;
      const observed = await all.session.observe();
      const plan = diff(panos.lower(fewer, all.context).resources, observed.resources);
      const limits = { maxRemovals: 0, maxRemovalsPercent: 0 };
      const { violations, allowed } = guard({ plan, desired: fewer, observed, synced: true, ended: new Set(), limits });
      expect(violations.map((violation) => violation.guard)).toEqual(['too-many-removals']);
      expect(told(await all.send(allowed))).toEqual(['done']);
      expect([all.verdict('10.0.0.1'), held(all, '10.0.0.1').length]).toEqual(['Accept', 1]);
    }
  });

  it('leave with whichever tag they have', async () => {
    const all = await started();
    all.time.now += hour * 0.75;
    const delta = { id: 'a00000000001', role: 'Accept', added: [], removed: ['10.0.0.1'] } as const;
    expect(told(await all.send(panos.lowerDelta?.(delta, all.context) ?? []))).toEqual(['done']);
    expect([held(all, '10.0.0.1'), all.verdict('10.0.0.1')]).toEqual([[], 'Deny']);
  });

  it('leave with the tag of the half to come, too, which a process whose clock is ahead gives', async () => {
    const all = await started();
    const tag = tagName({ cluster: 'east', point: 'edge' }, 'Accept', 'a00000000001');
    const [now] = held(all, '10.0.0.1');
    const ahead = timedTags(tag)[(timedTags(tag).indexOf(now ?? '') + 1) % 4] ?? '';
    all.device.change((state) => ({
      ...state,
      registered: new Map([...state.registered, ['10.0.0.1', new Map([[ahead, start + hour]])]]),
    }));
    const delta = { id: 'a00000000001', role: 'Accept', added: [], removed: ['10.0.0.1'] } as const;
    const changes = panos.lowerDelta?.(delta, all.context) ?? [];
    const before = all.device.requests().length;
    await all.send(changes);
    expect([held(all, '10.0.0.1'), all.verdict('10.0.0.1')]).toEqual([[], 'Deny']);
    const calls = panos.batch(changes, all.context).map(({ nativeCalls }) => nativeCalls);
    expect(calls).toEqual([all.device.requests().length - before]);
  });

  it('leave at once where the config no longer asks for a time', async () => {
    const { device, time, context, verdict } = await started();
    const config = panos.config.parse({ url: device.url });
    const { username = '', apiKey = '' } = device.credentials;
    const session = await panos.connect(config, {
      point: 'edge',
      secret: { username, apiKey, 'ca.crt': device.ca },
      owner: context.owner,
      clock: { now: () => time.now, elapsed: () => time.now, sleep: () => Promise.resolve() },
      signal: new AbortController().signal,
    });
    await session.observe();
    const untimed = { ...context, config };
    const delta = { id: 'a00000000001', role: 'Accept', added: [], removed: ['10.0.0.1'] } as const;
    for (const batch of panos.batch(panos.lowerDelta?.(delta, untimed) ?? [], untimed))
      expect(told(await session.send(batch, new AbortController().signal))).toEqual(['done']);
    await session.close();
    expect(verdict('10.0.0.1')).toBe('Deny');
  });

  it('keep the old tag where the firewall refuses the new one', async () => {
    const all = await started();
    const [first] = held(all, '10.0.0.1');
    all.time.now += hour / 2;
    const owner = { cluster: 'east', point: 'edge' };
    for (const tag of timedTags(tagName(owner, 'Accept', 'a00000000001'))) if (tag !== first) all.device.refuse(tag);
    expect(told(await all.sync(desired))).toEqual(['error']);
    expect([held(all, '10.0.0.1'), all.verdict('10.0.0.1')]).toEqual([[first], 'Accept']);
  });

  it('are taken over when the config begins to ask for it, and when it no longer does', async () => {
    const without = await started({});
    const { device, time } = without;
    const shut: string[] = [];
    device.onRequest(({ body }) => {
      if (without.verdict('10.0.0.1') === 'Deny') shut.push(body);
    });
    for (const config of [timeout, {}]) {
      const context = {
        ...without.context,
        config: panos.config.parse({ url: device.url, ...config }),
      } as typeof without.context;
      const { username = '', apiKey = '' } = device.credentials;
      const session = await panos.connect(context.config, {
        point: 'edge',
        secret: { username, apiKey, 'ca.crt': device.ca },
        owner: context.owner,
        clock: { now: () => time.now, elapsed: () => time.now, sleep: () => Promise.resolve() },
        signal: new AbortController().signal,
      });
      const plan = async () =>
        diff(panos.lower(desired, context).resources, (await session.observe()).resources).changes;
      for (let turn = 0; turn < 3; turn += 1) {
        for (const batch of panos.batch(await plan(), context)) {
          const [outcome] = await session.send(batch, new AbortController().signal);
          if (outcome?.result === 'pending') await session.poll(outcome.handle);
        }
      }
      expect(await plan()).toEqual([]);
    }
    expect(shut).toEqual([]);
    time.now += 100 * hour;
    expect(without.verdict('10.0.0.1')).toBe('Accept');
  });
});

it('a firewall that does not renew a tag that is there calls it an error, and forgets it in its time', async () => {
  const all = await started();
  const [tag = ''] = held(all, '10.0.0.1');
  all.time.now += hour * 0.9;
  const { username = '', apiKey = '' } = all.device.credentials;
  const client = new PanosClient(all.context.config, { secret: { username, apiKey, 'ca.crt': all.device.ca } });
  const again = { op: 'register', ip: '10.0.0.1', tag, timeoutSeconds: 3_600 } as const;
  const ask = (call: Parameters<typeof client.ask>[0]) => client.ask(call, new AbortController().signal);
  expect([...(await sendRegistrations(ask, all.context.config, [again]))]).toEqual([]);
  client.close();
  all.time.now += hour * 0.2;
  expect(all.verdict('10.0.0.1')).toBe('Deny');
});
