import { afterEach, describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { panos } from '../adapter.ts';
import { kinds } from '../objects/names.ts';
import { entryOf, rulesTable, type Entry } from '../simulator/state.ts';
import { connected, type Connected, type Setting } from '../testing/device.ts';

let open: Connected[] = [];
afterEach(async () => {
  await Promise.all(open.map(({ device }) => device.close()));
  open = [];
});

async function started(setting: Setting = {}): Promise<Connected> {
  const one = await connected({ ...setting, options: { panorama: true, ...setting.options } });
  open.push(one);
  return one;
}

const desired = aDesiredState({ groups: [aGroup({ members: ['10.0.0.1'] })], rules: [aRule()] });
const flow = { src: '10.0.0.1', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
const all = { member: ['any'] };
const office: Entry = {
  name: 'office-out',
  body: { from: all, to: all, source: all, destination: all, service: all, application: all, action: 'allow' },
};

type Pending = Extract<Outcome, { result: 'pending' }>;

describe('behind a Panorama', () => {
  it('a commit is followed by a push, which any process can go on with', async () => {
    let now = 0;
    const all = await started({ options: { commitMs: 60_000 }, now: () => now });
    const [tags, config] = panos.batch(await all.plan(desired), all.context);
    const signal = new AbortController().signal;
    await all.session.send(tags!, signal);
    const [first] = (await all.session.send(config!, signal)) as readonly Pending[];
    now += 60_000;
    expect(all.device.verdict(flow).action).toBe('Deny');
    const [second] = (await (await all.another()).poll(first!.handle)) as readonly Pending[];
    expect(second).toMatchObject({ result: 'pending', deviceSays: 'push enqueued' });
    const [third] = await (await all.another()).poll(second!.handle);
    expect(third).toMatchObject({ result: 'pending', deviceSays: 'push ACT' });
    now += 60_000;
    expect((await (await all.another()).poll(second!.handle)).map(({ result }) => result)).toEqual(
      config!.changes.map(() => 'done'),
    );
    expect(all.device.verdict(flow).action).toBe('Accept');
    expect(await all.plan(desired)).toEqual([]);
  });

  it('a push that nobody made is made, and nothing is committed for it', async () => {
    const all = await started();
    await all.sync(desired);
    all.device.change((state) => ({
      ...state,
      pushed: new Map([...state.pushed, [rulesTable, []]]),
      unpushed: new Map(
        [...(state.pushed.get(rulesTable) ?? [])].map(({ name }) => [`${rulesTable} ${name}`, 'postern']),
      ),
    }));
    const changes = await all.plan(desired);
    expect(changes.map(({ op, key }) => [op, key.kind])).toEqual([['update', kinds.push]]);
    const before = all.device.requests().length;
    await all.send(changes);
    const sent = all.device
      .requests()
      .slice(before)
      .filter(({ method }) => method === 'POST');
    expect(sent.map(({ body }) => new URLSearchParams(body).get('action'))).toEqual(['all']);
    expect([all.device.verdict(flow).action, await all.plan(desired)]).toEqual(['Accept', []]);
  });

  it('nothing of others is committed or pushed', async () => {
    const all = await started();
    all.device.editCandidate(rulesTable, 'alice', office);
    all.device.change((state) => ({
      ...state,
      running: new Map([...state.running, ['address', [{ name: 'hers', body: { fqdn: 'a.example' } }]]]),
      candidate: new Map([...state.candidate, ['address', [{ name: 'hers', body: { fqdn: 'a.example' } }]]]),
      unpushed: new Map([['address hers', 'alice']]),
    }));
    await all.sync(desired);
    const { running, pushed } = all.device.state;
    expect([entryOf(running, rulesTable, 'office-out'), entryOf(pushed, 'address', 'hers')]).toEqual([
      undefined,
      undefined,
    ]);
    expect([all.device.verdict(flow).action, await all.plan(desired)]).toEqual(['Accept', []]);
  });

  it('a push that fails is told, and the firewall has what it had', async () => {
    const all = await started();
    const [tags, config] = panos.batch(await all.plan(desired), all.context);
    const signal = new AbortController().signal;
    await all.session.send(tags!, signal);
    const [first] = (await all.session.send(config!, signal)) as readonly Pending[];
    all.device.failNextCommit('firewall 007000000000002 is not connected');
    const [second] = (await all.session.poll(first!.handle)) as readonly Pending[];
    const [failed] = await all.session.poll(second!.handle);
    expect(failed).toMatchObject({ result: 'error', error: { errorClass: 'busy' } });
    expect(all.device.verdict(flow).action).toBe('Deny');
    await all.sync(desired);
    expect(all.device.verdict(flow).action).toBe('Accept');
  });

  it('a device group that is not there, as one that was renamed, is not made, and addresses are withdrawn all the same', async () => {
    const all = await started();
    await all.sync(desired);
    expect(all.device.verdict(flow).action).toBe('Accept');
    const other = await all.another({ panorama: { deviceGroup: 'renamed', firewall: '007000000000002' } });
    await other.probe();
    const { resources } = await other.observe();
    const wanted = panos.lower({ ...desired, groups: [aGroup({ members: [] })] }, all.context).resources;
    const [tags, config] = panos.batch(diff(wanted, resources).changes, all.context);
    const before = all.device.requests().length;
    const signal = new AbortController().signal;
    await other.send(tags!, signal);
    const outcomes = await other.send(config!, signal);
    expect(new Set(outcomes.map((one) => one.result === 'error' && one.error.errorClass))).toEqual(
      new Set(['invalid']),
    );
    expect(all.device.verdict(flow).action).toBe('Deny');
    const written = all.device
      .requests()
      .slice(before)
      .filter(({ wrote }) => wrote);
    expect(written.map(({ body }) => new URLSearchParams(body).get('type'))).not.toContain('config');
  });

  it('what cannot be is told', async () => {
    const panorama = { deviceGroup: 'edge', firewall: '007000000000002' };
    await expect(started({ options: { panorama: false }, config: { panorama } })).rejects.toThrow(
      'is no Panorama: take config.panorama out',
    );
    await expect(started({ options: { version: '10.2' } })).rejects.toThrow('11.0.1 and later can');
    const elsewhere = await started({ config: { panorama: { ...panorama, firewall: '007000000000009' } } });
    await expect(elsewhere.session.observe()).rejects.toThrow('007000000000009 not connected');
  });
});
