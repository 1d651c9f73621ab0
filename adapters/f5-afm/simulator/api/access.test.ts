import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Answer } from '../../../../kit/simulator/testing/https.ts';
import { items, outcome, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
let now = 0;
const guest = { name: 'guest', password: 'g', role: 'guest' } as const;
const tenant = { name: 'tenant', password: 't', role: 'manager', partition: 'P' } as const;
beforeAll(async () => {
  bench = await startBench({
    now: () => now,
    tokensPerUser: 3,
    users: [guest, tenant, { name: 'admin', password: 'a' }],
  });
});
beforeEach(() => {
  now = Date.UTC(2026, 0, 5, 12);
  bench.sim.reset();
});
afterAll(() => bench.close());

const login = (username: string, password: string): Promise<Answer> =>
  bench.call('POST', '/mgmt/shared/authn/login', {
    body: { username, password, loginProviderName: 'tmos' },
    as: 'none',
  });
const tokenOf = (answer: Answer): string => (answer.body['token'] as Readonly<Record<string, string>>)['token'] ?? '';
const status = async (token: string): Promise<number> => (await bench.call('GET', 'sys', { as: token })).status;
const path = (token: string): string => `/mgmt/shared/authz/tokens/${token}`;

describe('a token', () => {
  it('is 26 characters for name and password, and tells when it ends', async () => {
    const { username = '', password = '' } = bench.sim.credentials;
    const answer = await login(username, password);
    const token = answer.body['token'] as JsonObject;
    expect(token).toMatchObject({
      name: expect.stringMatching(/^[A-Z2-7]{26}$/) as string,
      userName: 'postern',
      timeout: 1_200,
      startTime: '2026-01-05T12:00:00.000-0000',
      expirationMicros: (now + 1_200_000) * 1_000,
      kind: 'shared:authz:tokens:authtokenitemstate',
    });
    expect(await status(tokenOf(answer))).toBe(200);
  });

  it('ends when its time is over, counted from the login, and not when it was last used', async () => {
    const token = await bench.login();
    now += 1_199_999;
    expect(await status(token)).toBe(200);
    now += 1;
    const answer = await bench.call('GET', 'sys', { as: token });
    expect(outcome(answer)).toEqual([401, 'X-F5-Auth-Token does not exist.', '']);
    expect(answer.body['kind']).toBe(':resterrorresponse');
  });

  it('lives longer on request, up to ten hours', async () => {
    const token = await bench.login();
    expect((await bench.call('PATCH', path(token), { body: { timeout: 36_000 }, as: token })).body['timeout']).toBe(
      36_000,
    );
    now += 35_999_000;
    expect(await status(token)).toBe(200);
    const refused = await bench.call('PATCH', path(token), { body: { timeout: 36_001 }, as: token });
    expect(outcome(refused).slice(0, 2)).toEqual([406, 'Auth-token absolute timeout (36000 seconds) exceeded']);
  });

  it('is worth nothing once given back', async () => {
    const token = await bench.login();
    expect((await bench.call('DELETE', path(token), { as: token })).status).toBe(200);
    expect(await status(token)).toBe(401);
  });

  it('is refused to a user who has as many as there may be; dead ones do not count, and admin has no limit', async () => {
    for (let count = 0; count < 3; count++) await bench.login();
    const refused = await login('postern', bench.sim.credentials['password'] ?? '');
    expect(outcome(refused)).toEqual([400, 'Bad Request: user postern has reached maximum active login tokens', '']);
    now += 1_200_000;
    expect(await bench.login()).toHaveLength(26);
    for (let count = 0; count < 4; count++) expect((await login('admin', 'a')).status).toBe(200);
  });

  it('is not in the log, and neither is a password', async () => {
    const token = await bench.login();
    await bench.call('DELETE', path(token), { as: token });
    const log = JSON.stringify(bench.sim.requests());
    expect([token, bench.sim.credentials['password'] ?? ''].filter((secret) => log.includes(secret))).toEqual([]);
  });
});

describe('who is let in', () => {
  it('nobody without a word', async () => {
    const answer = await bench.call('GET', 'ltm/virtual', { as: 'none' });
    expect(answer.status).toBe(401);
    expect(answer.body['message']).toMatch(/^Authorization failed: no user authentication header or token detected\./);
  });

  it('nobody with a wrong password', async () => {
    expect(outcome(await login('postern', 'wrong'))).toEqual([401, 'Authentication failed.', '']);
    const authorization = `Basic ${Buffer.from('postern:wrong').toString('base64')}`;
    expect((await bench.call('GET', 'sys', { as: 'none', headers: { authorization } })).status).toBe(401);
  });

  it('a guest to look, and a manager of a partition to write there', async () => {
    await bench.post('auth/partition', { name: 'P' });
    const list = { name: 'a', partition: 'P', addresses: [{ name: '10.0.0.1' }] };
    const asGuest = tokenOf(await login('guest', 'g'));
    const asTenant = tokenOf(await login('tenant', 't'));
    const write = async (as: string, body: JsonObject): Promise<number> =>
      (await bench.call('POST', 'security/firewall/address-list', { body, as })).status;
    expect(await write(asGuest, list)).toBe(403);
    expect(await write(asTenant, { ...list, partition: 'Common' })).toBe(403);
    expect(await write(asTenant, list)).toBe(200);
    expect(items(await bench.call('GET', 'security/firewall/address-list', { as: asGuest }))).toHaveLength(1);
    const user = await bench.call('GET', 'auth/user/tenant', { as: asTenant });
    expect(user.body['partitionAccess']).toEqual([{ name: 'P', role: 'manager' }]);
  });
});
