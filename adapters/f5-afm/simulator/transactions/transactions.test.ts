import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Answer } from '../../../../kit/simulator/testing/https.ts';
import { items, outcome, startBench, transactionIn, type Bench } from '../testing/client.ts';

let bench: Bench;
let now = 0;
const lists = 'security/firewall/address-list';
beforeAll(async () => {
  bench = await startBench({ now: () => now });
});
beforeEach(async () => {
  now = Date.UTC(2026, 0, 5, 12);
  bench.sim.reset();
  await bench.post('auth/partition', { name: 'P' });
});
afterAll(() => bench.close());

const begin = async (): Promise<string> => transactionIn(await bench.post('transaction', {}));
const within = (id: string, method: string, path: string, body?: JsonObject): Promise<Answer> =>
  bench.call(method, path, { headers: { 'X-F5-REST-Coordination-Id': id }, ...(body === undefined ? {} : { body }) });
const commit = (id: string, more: JsonObject = {}): Promise<Answer> =>
  bench.patch(`transaction/${id}`, { state: 'VALIDATING', ...more });
const list = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  partition: 'P',
  addresses: [{ name: '10.0.0.1' }],
  ...more,
});
const present = async (): Promise<readonly unknown[]> => items(await bench.get(lists)).map(({ name }) => name);

describe('a transaction', () => {
  it('keeps commands until the commit, and then carries them out all at once', async () => {
    const id = await begin();
    const added = await within(id, 'POST', lists, list('a'));
    expect([added.status, added.body]).toEqual([
      200,
      {
        method: 'POST',
        uri: `https://localhost/mgmt/tm/${lists}`,
        body: list('a'),
        evalOrder: 1,
        commandId: 1,
        kind: 'tm:transaction:commandsstate',
        selfLink: `https://localhost/mgmt/tm/transaction/${id}/commands/1?ver=17.1.1`,
      },
    ]);
    await within(id, 'POST', lists, list('b', { addressLists: [{ name: 'a', partition: 'P' }] }));
    await within(id, 'POST', 'security/firewall/policy', { name: 'p', partition: 'P' });
    const rule = { name: 'r', action: 'accept', placeAfter: 'last', source: { addressLists: ['/P/b'] } };
    await within(id, 'POST', 'security/firewall/policy/~P~p/rules', rule);
    expect(await present()).toEqual([]);
    expect((await commit(id)).body).toMatchObject({
      state: 'COMPLETED',
      kind: 'tm:transactionstate',
      failureReason: '',
    });
    expect(await present()).toEqual(['a', 'b']);
    expect(items(await bench.get('security/firewall/policy/~P~p/rules'))).toHaveLength(1);
    expect((await commit(id)).status).toBe(404);
  });

  it('judges its commands only at the commit, and then does all of them or none', async () => {
    const id = await begin();
    await within(id, 'POST', lists, list('a'));
    expect((await within(id, 'POST', lists, list('b', { nonsense: 1 }))).status).toBe(200);
    expect(outcome(await commit(id))).toEqual([400, 'transaction failed:"nonsense" unknown property', 2]);
    expect(await present()).toEqual([]);
    expect((await bench.get(`transaction/${id}`)).body).toMatchObject({ state: 'FAILED' });
    await bench.delete(`transaction/${id}/commands/2`);
    expect((await commit(id)).status).toBe(200);
    expect(await present()).toEqual(['a']);
  });

  it('says on request only whether it would go through', async () => {
    const id = await begin();
    await within(id, 'POST', lists, list('a'));
    expect((await commit(id, { validateOnly: true })).body).toMatchObject({ state: 'COMPLETED', validateOnly: true });
    expect(await present()).toEqual([]);
    await within(id, 'POST', lists, list('a'));
    expect((await commit(id, { validateOnly: true })).status).toBe(400);
  });

  it('answers reads from the configuration as it is', async () => {
    const id = await begin();
    await within(id, 'POST', lists, list('a'));
    expect(items(await within(id, 'GET', lists))).toEqual([]);
    expect(items(await bench.get(`transaction/${id}/commands`))).toHaveLength(1);
  });

  it('cannot be committed empty, is gone on request, and after two minutes by itself', async () => {
    const empty = await begin();
    expect(outcome(await commit(empty))[1]).toBe('transaction failed:there is no command to commit in the transaction');
    await bench.delete(`transaction/${empty}`);
    expect((await bench.get(`transaction/${empty}`)).status).toBe(404);
    const late = await begin();
    await within(late, 'POST', lists, list('a'));
    now += 120_000;
    expect((await within(late, 'POST', lists, list('b'))).status).toBe(404);
    expect((await commit(late)).status).toBe(404);
  });

  it('does not delete what was referred to before it', async () => {
    await bench.post(lists, list('a'));
    await bench.post(lists, list('b', { addressLists: [{ name: 'a', partition: 'P' }] }));
    const together = await begin();
    await within(together, 'DELETE', `${lists}/~P~b`);
    await within(together, 'DELETE', `${lists}/~P~a`);
    expect(outcome(await commit(together))[1]).toMatch(/^transaction failed:01070734:3: .* in use by /);
    expect(await present()).toEqual(['a', 'b']);
    await bench.delete(`${lists}/~P~b`);
    expect((await bench.delete(`${lists}/~P~a`)).status).toBe(200);
  });

  it('outlives the token it was begun with', async () => {
    const first = await bench.login();
    const id = transactionIn(await bench.call('POST', 'transaction', { as: first, body: {} }));
    await bench.call('DELETE', `/mgmt/shared/authz/tokens/${first}`, { as: first });
    const headers = { 'X-F5-REST-Coordination-Id': id };
    expect((await bench.call('POST', lists, { as: first, headers, body: list('a') })).status).toBe(401);
    await within(id, 'POST', lists, list('a'));
    expect((await commit(id)).status).toBe(200);
  });
});
