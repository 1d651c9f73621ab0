import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { items, outcome, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
const policy = 'security/firewall/policy/~P~p';
const rules = `${policy}/rules`;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(async () => {
  bench.sim.reset();
  await bench.post('auth/partition', { name: 'P' });
  await bench.post('security/firewall/address-list', { name: 'a', partition: 'P', addresses: [{ name: '10.0.0.1' }] });
  await bench.post('security/firewall/policy', { name: 'p', partition: 'P' });
});
afterAll(() => bench.close());

const add = (name: string, more: JsonObject = {}): ReturnType<Bench['post']> =>
  bench.post(rules, { name, action: 'accept', placeAfter: 'last', ...more });
const order = async (): Promise<readonly unknown[]> => items(await bench.get(rules)).map(({ name }) => name);
const status = async (more: JsonObject): Promise<number> => (await add('x', more)).status;

describe('a rule', () => {
  it('is shown with its defaults, both ends, and its number', async () => {
    const created = await add('r', { source: { addressLists: ['/P/a'] }, ipProtocol: '6' });
    expect(created.body).toEqual({
      kind: 'tm:security:firewall:policy:rules:rulesstate',
      name: 'r',
      fullPath: 'r',
      generation: created.body['generation'],
      selfLink: `https://localhost/mgmt/tm/${rules}/r?ver=17.1.1`,
      action: 'accept',
      ipProtocol: 'tcp',
      iruleSampleRate: 1,
      log: 'no',
      status: 'enabled',
      destination: {},
      source: {
        identity: {},
        addressLists: ['/P/a'],
        addressListsReference: [{ link: 'https://localhost/mgmt/tm/security/firewall/address-list/~P~a?ver=17.1.1' }],
      },
      ruleNumber: 1,
    });
  });

  it('goes where it is told to, in either spelling', async () => {
    await add('m');
    await add('a', { placeAfter: undefined as never, 'place-before': 'm' });
    await add('z', { placeAfter: undefined as never, placeBefore: 'none' });
    await add('n', { placeAfter: 'm' });
    await add('first', { placeAfter: undefined as never, placeBefore: 'first' });
    expect(await order()).toEqual(['first', 'a', 'm', 'n', 'z']);
    await bench.patch(`${rules}/a`, { placeAfter: 'last' });
    await bench.patch(`${rules}/z`, { placeBefore: 'm', description: 'moved' });
    expect(await order()).toEqual(['first', 'z', 'm', 'n', 'a']);
    expect((await bench.get(`${rules}/z`)).body).toMatchObject({ description: 'moved', ruleNumber: 2 });
  });

  it('needs one place when it is added, and one that exists', async () => {
    expect(await status({ placeAfter: undefined as never })).toBe(400);
    expect(await status({ placeBefore: 'first' })).toBe(400);
    expect(await status({ placeAfter: 'nobody' })).toBe(404);
    await add('x');
    expect(await status({})).toBe(409);
  });

  it('has a list in an end replaced as a whole, and the rest of the end left alone', async () => {
    await add('r', { source: { addresses: [{ name: '10.0.0.1' }], geo: [{ name: 'BS' }] } });
    await bench.patch(`${rules}/r`, { source: { addresses: [{ name: '10.0.0.2' }] } });
    expect((await bench.get(`${rules}/r`)).body['source']).toEqual({
      identity: {},
      addresses: [{ name: '10.0.0.2' }],
      geo: [{ name: 'BS' }],
    });
    await bench.put(`${rules}/r`, { action: 'drop' });
    expect((await bench.get(`${rules}/r`)).body).toMatchObject({ action: 'drop', source: { identity: {} } });
  });

  it('is deleted alone', async () => {
    await add('r');
    expect((await bench.delete(`${rules}/r`)).text).toBe('');
    expect(await order()).toEqual([]);
    expect((await bench.get(`${rules}/r`)).status).toBe(404);
    expect((await bench.patch(`${rules}/r`, { action: 'drop' })).status).toBe(404);
  });

  it('is refused where it makes no sense', async () => {
    const refused: readonly JsonObject[] = [
      { action: undefined as never },
      { action: 'allow' },
      { destination: { ports: [{ name: '443' }] } },
      { ipProtocol: 'udp', destination: { ports: [{ name: '70000' }] } },
      { ipProtocol: 'tcp', icmp: [{ name: '8:0' }] },
      { status: 'scheduled' },
      { destination: { vlans: ['/Common/internal'] } },
      { source: { address: [] } },
      { source: '10.0.0.1' },
      { ruleList: '/P/l', action: 'accept' },
      { name: 'a/b' },
      { rateLimit: 1 },
    ];
    const list = await bench.post('security/firewall/rule-list', { name: 'l', partition: 'P' });
    expect(list.status).toBe(200);
    const answers = [];
    for (const more of refused) answers.push(await status(more));
    expect(answers).toEqual(refused.map(() => 400));
  });

  it('refers only to what there is', async () => {
    const dangling: readonly JsonObject[] = [
      { source: { addressLists: ['/P/none'] } },
      { ipProtocol: 'tcp', destination: { portLists: ['/P/none'] } },
      { source: { vlans: ['/Common/none'] } },
      { irule: '/Common/none' },
      { schedule: '/P/none' },
      { servicePolicy: '/Common/none' },
      { protocolInspectionProfile: '/Common/none' },
      { action: undefined as never, ruleList: '/P/none' },
    ];
    const answers = [];
    for (const more of dangling) answers.push(await status(more));
    expect(answers).toEqual(dangling.map(() => 404));
    expect(await status({ protocolInspectionProfile: '/Common/protocol_inspection' })).toBe(200);
  });

  it('keeps from being deleted what it refers to', async () => {
    await add('r', { source: { addressLists: ['/P/a'] } });
    expect(outcome(await bench.delete('security/firewall/address-list/~P~a'))[1]).toMatch(/in use by Firewall Policy/);
    await bench.patch(`${rules}/r`, { source: { addressLists: [] } });
    expect((await bench.delete('security/firewall/address-list/~P~a')).status).toBe(200);
  });
});

describe('a policy', () => {
  it('shows its rules only on request', async () => {
    expect((await bench.get(`${policy}?expandSubcollections=true`)).body['rulesReference']).toEqual({
      link: `https://localhost/mgmt/tm/${rules}?ver=17.1.1`,
      isSubcollection: true,
    });
    await add('r');
    expect((await bench.get(policy)).body['rulesReference']).not.toHaveProperty('items');
    const expanded = (await bench.get(`${policy}?expandSubcollections=true`)).body['rulesReference'] as JsonObject;
    expect(expanded['items']).toEqual([(await bench.get(`${rules}/r`)).body]);
  });

  it('takes all its rules at once, in their order', async () => {
    await add('old');
    const two = [
      { name: 'one', action: 'drop' },
      { name: 'two', action: 'accept' },
    ];
    await bench.patch(policy, { rules: two });
    expect(await order()).toEqual(['one', 'two']);
    expect((await bench.patch(policy, { rules: [two[0], two[0]] })).status).toBe(409);
    await bench.patch(policy, { description: 'x' });
    expect(await order()).toEqual(['one', 'two']);
  });

  it('cannot be deleted where it is bound, until it is bound no more', async () => {
    const bind = (enforcedPolicy: string): ReturnType<Bench['patch']> =>
      bench.patch('security/firewall/global-rules', { enforcedPolicy });
    expect((await bind('/P/none')).status).toBe(404);
    expect((await bind('/P/p')).body['enforcedPolicy']).toBe('/P/p');
    expect((await bench.delete(policy)).status).toBe(400);
    expect(await bind('none').then(({ body }) => body)).not.toHaveProperty('enforcedPolicy');
    expect((await bench.delete(policy)).status).toBe(200);
  });
});

describe('a schedule', () => {
  it('fills in what is not said, and ends after it begins', async () => {
    const path = 'security/firewall/schedule';
    expect((await bench.post(path, { name: 's', partition: 'P' })).body).toMatchObject({
      dailyHourStart: '0:00',
      dailyHourEnd: '24:00',
      dateValidStart: 'epoch',
      dateValidEnd: 'indefinite',
    });
    const refused: readonly JsonObject[] = [
      { dailyHourStart: '9:00', dailyHourEnd: '8:00' },
      { dateValidStart: '2026-01-02T00:00:00Z', dateValidEnd: '2026-01-01T00:00:00Z' },
      { dailyHourStart: '25:00' },
      { daysOfWeek: ['someday'] },
      { dateValidEnd: 'tomorrow' },
    ];
    const answers = [];
    for (const more of refused) answers.push((await bench.post(path, { name: 't', partition: 'P', ...more })).status);
    expect(answers).toEqual(refused.map(() => 400));
  });
});
