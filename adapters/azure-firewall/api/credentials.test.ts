import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../src/adapter/http/client.ts';
import { azureConfigSchema } from '../config.ts';
import { tokenSource } from './credentials.ts';
import { askMachine } from './machine.ts';

const id = '00000000-0000-4000-8000-000000000001';
const config = (more: object = {}): ReturnType<typeof azureConfigSchema.parse> =>
  azureConfigSchema.parse({
    subscriptionId: id,
    resourceGroup: 'hub',
    policy: 'edge',
    tenantId: id,
    clientId: id,
    ...more,
  });
const clock = { now: () => 5_000, elapsed: () => 5_000, sleep: () => Promise.resolve() };
const { signal } = new AbortController();

/** Microsoft Entra, which answers so. */
function entra(
  status: number,
  body: object,
): { readonly asked: HttpRequest[]; readonly http: { request(r: HttpRequest): Promise<HttpResponse>; close(): void } } {
  const asked: HttpRequest[] = [];
  const request = (one: HttpRequest): Promise<HttpResponse> => {
    asked.push(one);
    return Promise.resolve({ status, headers: {}, body: JSON.stringify(body) });
  };
  return { asked, http: { request, close: () => undefined } };
}
const given = { access_token: 'abc', expires_in: 100 };

describe('a token', () => {
  it('comes for the secret of an application', async () => {
    const { asked, http } = entra(200, given);
    const source = tokenSource(config(), { clock, secret: { clientSecret: 's&t ' } }, { http });
    expect(await source.logIn(signal)).toEqual({ value: 'abc', loggedInMs: 5_000, lifeSeconds: 100 });
    expect(asked[0]?.path).toBe(`/${id}/oauth2/v2.0/token`);
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: id,
      scope: 'https://management.azure.com/.default',
      client_secret: 's&t',
    });
  });

  it('comes for the token of a ServiceAccount, which is read each time', async () => {
    const { asked, http } = entra(200, given);
    let turn = 0;
    const readToken = (): Promise<string> => Promise.resolve(`jwt${(turn += 1)}\n`);
    const source = tokenSource(config({ credentials: 'WorkloadIdentity' }), { clock, secret: {} }, { http, readToken });
    await source.logIn(signal);
    await source.logIn(signal);
    expect(asked.map(({ body }) => new URLSearchParams(body).get('client_assertion'))).toEqual(['jwt1', 'jwt2']);
  });

  it('comes from the machine', async () => {
    const server = createServer((request, response) => {
      const isAsked =
        request.headers['metadata'] === 'true' && request.url?.includes('resource=https%3A%2F%2Fmanagement.azure.com&');
      response
        .writeHead(isAsked === true ? 200 : 400)
        .end(JSON.stringify({ access_token: 'machine', expires_in: '86399' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { http } = entra(500, {});
    const machine: typeof askMachine = (resource, clientId, abort) => askMachine(resource, clientId, abort, base);
    const source = tokenSource(config({ credentials: 'ManagedIdentity' }), { clock, secret: {} }, { http, machine });
    expect(await source.logIn(signal)).toMatchObject({ value: 'machine', lifeSeconds: 86_399 });
    server.close();
    await expect(source.logIn(signal)).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringMatching(/169\.254\.169\.254/) as unknown,
    });
  });

  it('of a machine that breaks off its answer is an error, not a wait without end', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{"access', () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(askMachine('x', undefined, signal, base)).rejects.toMatchObject({ errorClass: 'auth' });
    server.close();
  });

  it.each([
    [401, 'AADSTS7000215: Invalid client secret', 'auth', /secret is wrong or has expired.*AADSTS7000215/],
    [400, 'AADSTS700024: Client assertion is not within its valid time range', 'auth', /clock of the node/],
    [400, 'AADSTS700213: No matching federated identity', 'auth', /federated credential/],
    [400, 'AADSTS90002: Tenant not found', 'auth', /config\.tenantId/],
    [503, '', 'transient', /answers 503/],
  ] as const)(
    'that is refused with %s %s is told with what to do',
    async (status, description, errorClass, message) => {
      const { http } = entra(status, { error: 'invalid_client', error_description: description });
      const source = tokenSource(config(), { clock, secret: { clientSecret: 'hush' } }, { http });
      await expect(source.logIn(signal)).rejects.toMatchObject({
        errorClass,
        message: expect.stringMatching(message) as unknown,
      });
    },
  );

  it('is not asked for without a secret', () => {
    const attempt = (): unknown => tokenSource(config(), { clock, secret: {} }, { http: entra(200, given).http });
    expect(attempt).toThrow(/"clientSecret"/);
  });

  it.each(['ClientSecret', 'WorkloadIdentity'])(
    'is not asked for without the ids of an application: %s',
    (credentials) => {
      const without = { credentials, tenantId: undefined, clientId: undefined };
      const { error } = azureConfigSchema.safeParse({
        subscriptionId: id,
        resourceGroup: 'hub',
        policy: 'edge',
        ...without,
      });
      expect(error?.issues.map(({ path, message }) => [path.join(), message])).toEqual([
        ['tenantId', `must be set where credentials is ${credentials}`],
        ['clientId', `must be set where credentials is ${credentials}`],
      ]);
      expect(config({ ...without, credentials: 'ManagedIdentity' }).tenantId).toBeUndefined();
    },
  );
});
