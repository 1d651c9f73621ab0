import { afterEach, describe, expect, it } from 'vitest';
import { aGroup, aRule, aDesiredState } from '../../../test/kit/builders.ts';
import { Rig } from '../../../test/kit/rig.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { panos } from '../adapter.ts';
import { keeperOf, kinds, tagName } from '../objects/names.ts';
import { startPanos } from '../simulator/simulator.ts';
import { connected, type Connected, type Setting } from '../testing/device.ts';
import { harness } from '../testing/harness.ts';

const owner = { cluster: 'east', point: 'edge' };
const [a, b] = ['a00000000001', 'a00000000002'];
const tagOf = (id: string): string => tagName(owner, 'Accept', id);

function two(first: readonly string[], second: readonly string[]): DesiredState {
  return aDesiredState({
    groups: [aGroup({ id: a, members: first }), aGroup({ id: b, members: second })],
    rules: [aRule({ sources: [a, b] })],
  });
}

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.map((device) => device.close()));
  open = [];
});

async function started(setting: Setting = {}): Promise<Connected> {
  const all = await connected({ config: { manage: 'tags' }, ...setting });
  open.push(all.device);
  return all;
}

const told = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((outcome) =>
    outcome.result === 'error' ? `${outcome.error.errorClass}: ${outcome.error.message}` : outcome.result,
  );

const tagsOn = ({ device }: Connected, ip: string): readonly string[] =>
  [...(device.state.registered.get(ip)?.keys() ?? [])].sort();
const messages = ({ device }: Connected): number =>
  device.requests().filter(({ body }) => body.startsWith('type=user-id')).length;

describe('a message of many addresses', () => {
  it('is judged address by address, and what was taken counts', async () => {
    const all = await started({ options: { maxRegistered: 4 } });
    await all.sync(two(['10.0.0.1'], []));
    const [first, ...rest] = await all.sync(two(['10.0.0.1', '10.0.0.2'], ['10.0.0.3']));
    expect(told([first!])).toEqual(['done']);
    expect(told(rest)[0]).toMatch(
      /^quota: register 10\.0\.0\.3 with tag pn-east-accept-a00000000002-\w+: the device refuses it \(maximum/,
    );
    expect(tagsOn(all, '10.0.0.2')).toEqual([tagOf(a)]);
  });

  it('ends as wanted where an address has one of its tags already, which the device refuses as a whole', async () => {
    const all = await started();
    await all.sync(two([], []));
    const changes = await all.plan(two(['10.0.0.1'], ['10.0.0.1']));
    all.device.change((state) => ({
      ...state,
      registered: new Map([...state.registered, ['10.0.0.1', new Map([[tagOf(a), Infinity]])]]),
    }));
    expect(told(await all.send(changes))).toEqual(['done', 'done']);
    expect(tagsOn(all, '10.0.0.1')).toEqual([tagOf(a), tagOf(b)]);
  });

  it('takes what is so already for done', async () => {
    const all = await started();
    await all.sync(two(['10.0.0.1'], []));
    const changes = await all.plan(two(['10.0.0.2'], []));
    expect(told(await all.send(changes))).toEqual(['done', 'done']);
    expect(told(await all.send(changes))).toEqual(['done', 'done']);
  });

  it('has a thousand addresses at most', async () => {
    const all = await started();
    const many = Array.from({ length: 2_400 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
    await all.sync(two([], []));
    const before = messages(all);
    await all.sync(two(many, []));
    expect(messages(all) - before).toBe(3);
  });

  it('names the 32 tags that an address can have at most', async () => {
    const all = await started();
    const groups = Array.from({ length: 33 }, (_, at) =>
      aGroup({ id: `a${String(at).padStart(11, '0')}`, members: ['10.0.0.1'] }),
    );
    const outcomes = told(await all.sync(aDesiredState({ groups })));
    expect(outcomes.filter((one) => one === 'done')).toHaveLength(32);
    expect(outcomes.find((one) => one !== 'done')).toContain('32 tags for each');
  });
});

describe('reading', () => {
  const many = Array.from({ length: 1_300 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);

  it('goes page by page to the count that the device states', async () => {
    const all = await started();
    await all.sync(two(many, []));
    const { complete, resources } = await all.session.observe();
    expect([complete, resources.find(({ name }) => name === tagOf(a))?.members?.length]).toEqual([true, 1_300]);
    expect(await all.plan(two(many, []))).toEqual([]);
  });

  it('is incomplete where pages do not come to the count, and nothing is then removed', async () => {
    const simulator = await startPanos({ port: 0 });
    open.push(simulator);
    const rig = new Rig(panos, harness(simulator, { manage: 'tags' }));
    await rig.settle(two(many, []));
    const before = rig.dump();
    const body = '<response status="success"><result><count>1302</count></result></response>';
    simulator.fault({ kind: 'answer', match: 'start-point%3E501', body, status: 200, times: 100 });
    const { state, violations } = await rig.sync(aDesiredState());
    expect([state, violations.map(({ guard }) => guard)]).toEqual(['held', ['incomplete-read']]);
    expect(rig.dump()).toEqual(before);
    simulator.clearFaults();
    await rig.settle(aDesiredState());
  });

  it('begins again when addresses come and go meanwhile', async () => {
    const all = await started();
    await all.sync(two(many, []));
    const body = '<response status="success"><result><count>1302</count></result></response>';
    all.device.fault({ kind: 'answer', match: 'start-point%3E501', body, status: 200 });
    expect((await all.session.observe()).complete).toBe(true);
  });

  it('ends, and is incomplete, where the firewall answers with the same page again and again', async () => {
    const all = await started();
    const entry = Array.from({ length: 500 }, (_, at) => `<entry ip="10.2.${at >> 8}.${at & 255}"><tag/></entry>`);
    const body = `<response status="success"><result>${entry.join('')}<count>500</count></result></response>`;
    all.device.fault({ kind: 'answer', match: 'registered-ip', body, status: 200, times: 100 });
    expect((await all.session.observe()).complete).toBe(false);
  });

  it('does not take an answer that breaks off for one that ends', async () => {
    const all = await started();
    await all.sync(two(['10.0.0.1', '10.0.0.2'], []));
    const body = '<response status="success"><result><entry ip="10.0.0.1"><tag><member>x</member></tag></entry>';
    all.device.fault({ kind: 'answer', body, status: 200 });
    await expect(all.session.observe()).rejects.toThrow('the answer is not XML');
  });
});

describe('a tag', () => {
  it('is kept by an address that nobody has, and seen where that is missing', async () => {
    const all = await started();
    await all.sync(two([], []));
    expect(tagsOn(all, keeperOf(tagOf(a)))).toEqual([tagOf(a)]);
    await all.sync(two(['10.0.0.1'], []));
    all.device.change((state) => ({
      ...state,
      registered: new Map([...state.registered].filter(([ip]) => ip !== keeperOf(tagOf(a)))),
    }));
    const changes = await all.plan(two(['10.0.0.1'], []));
    expect(changes.map(({ op, key }) => [op, key])).toEqual([['update', { kind: kinds.tag, name: tagOf(a) }]]);
    await all.send(changes);
    expect(await all.plan(two(['10.0.0.1'], []))).toEqual([]);
  });

  it('of somebody else is left alone, however much it looks like ours', async () => {
    const all = await started();
    const theirs = 'pn-east-accept-a00000000001-0000000000';
    all.device.change((state) => ({ ...state, registered: new Map([['10.9.9.9', new Map([[theirs, Infinity]])]]) }));
    await all.sync(two(['10.0.0.1'], []));
    await all.sync(aDesiredState());
    expect(tagsOn(all, '10.9.9.9')).toEqual([theirs]);
  });
});

describe('sessions', () => {
  const left = (all: Connected): readonly string[] => all.device.state.sessions;
  const opened = (all: Connected): void =>
    all.device.change((state) => ({ ...state, sessions: ['10.0.0.1', '10.0.0.2'] }));

  it('of an address that leaves an accepting group are ended, of nobody else', async () => {
    const all = await started();
    await all.sync(two(['10.0.0.1', '10.0.0.2'], []));
    opened(all);
    await all.sync(two(['10.0.0.2'], []));
    expect(left(all)).toEqual(['10.0.0.2']);
  });

  it('of a group that goes are ended where no commit takes its rules away', async () => {
    const all = await started();
    await all.sync(two(['10.0.0.1', '10.0.0.2'], []));
    opened(all);
    await all.sync(aDesiredState());
    expect(left(all)).toEqual([]);
  });

  it('that could not be ended are told with the command that does it, and the others are ended', async () => {
    const all = await started();
    await all.sync(two(['10.0.0.1', '10.0.0.2'], []));
    opened(all);
    const body = '<response status="error"><msg><line>session table is busy</line></msg></response>';
    const changes = await all.plan(two([], []));
    all.device.fault({ kind: 'answer', match: '^POST', body, status: 503, after: 1, times: 1 });
    expect(told(await all.send(changes))[0]).toMatch(
      /^busy: .*10\.0\.0\.1 has left.*clear session all filter source 10\.0\.0\.1/,
    );
    expect(left(all)).toEqual(['10.0.0.1']);
  });

  it('go on where the config says so', async () => {
    const all = await started({ config: { manage: 'tags', clearSessions: false } });
    await all.sync(two(['10.0.0.1', '10.0.0.2'], []));
    opened(all);
    await all.sync(two(['10.0.0.2'], []));
    expect(left(all)).toEqual(['10.0.0.1', '10.0.0.2']);
  });
});
