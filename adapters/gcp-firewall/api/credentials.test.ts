import type { Clock } from '../../../src/adapter/adapter.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { gcpConfigSchema } from '../config.ts';
import { startGcpFirewall, type GcpSimulator } from '../simulator/simulator.ts';
import { gcpClient } from './client.ts';
import { tokenSource, type LoginWays } from './credentials.ts';

let simulator: GcpSimulator | undefined;
afterEach(() => simulator?.close());

const { signal } = new AbortController();
const start = async (clock?: () => number): Promise<GcpSimulator> =>
  (simulator = await startGcpFirewall({ port: 0, ...(clock && { clock }) }));
const clockAt = (now: () => number): Clock => ({
  now,
  elapsed: now,
  sleep: () => Promise.resolve(),
});

/** Asks for the policy with these credentials. */
async function ask(
  gcp: GcpSimulator,
  file: string,
  more: { config?: JsonObject; ways?: LoginWays; now?: () => number } = {},
): Promise<unknown> {
  const config = gcpConfigSchema.parse({ ...gcp.config, ...more.config });
  const secret = { 'credentials.json': file, 'ca.crt': gcp.ca };
  const client = gcpClient(config, { secret, clock: clockAt(more.now ?? Date.now) }, more.ways);
  try {
    const path = '/compute/v1/projects/edge-project/global/firewallPolicies/edge-policy';
    return (await client.asking(signal)({ method: 'GET', path, template: '/policy' }))['name'];
  } finally {
    client.close();
  }
}

const federation = (gcp: GcpSimulator, more: JsonObject = {}): string =>
  JSON.stringify({
    type: 'external_account',
    audience: gcp.accounts.audience,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://evil.example/v1/token',
    credential_source: { file: '/var/run/service-account/token' },
    ...more,
  });

describe('whoever has', () => {
  it('the key file of a service account is taken', async () => {
    const gcp = await start();
    expect(await ask(gcp, gcp.credentials['credentials.json'] ?? '')).toBe('edge-policy');
  });

  it('a token of a ServiceAccount that a pool trusts is taken, also in the name of a service account', async () => {
    const gcp = await start();
    const files: string[] = [];
    const readToken = (path: string): Promise<string> => {
      files.push(path);
      return Promise.resolve(`${gcp.accounts.subjectToken}\n`);
    };
    expect(await ask(gcp, federation(gcp), { ways: { readToken } })).toBe('edge-policy');
    const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${gcp.accounts.email}:generateAccessToken`;
    expect(await ask(gcp, federation(gcp, { service_account_impersonation_url: url }), { ways: { readToken } })).toBe(
      'edge-policy',
    );
    expect(files).toEqual(['/var/run/service-account/token', '/var/run/service-account/token']);
    await expect(
      ask(gcp, federation(gcp, { service_account_impersonation_url: url.replace('postern@', 'other@') }), {
        ways: { readToken },
      }),
    ).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringContaining('roles/iam.workloadIdentityUser') as string,
    });
  });

  it('a metadata server is taken', async () => {
    const gcp = await start();
    const config = { credentials: 'MetadataServer' };
    const body = JSON.stringify({ access_token: gcp.credentials['token'], expires_in: 100 });
    const metadata = (): Promise<{ status: number; headers: object; body: string }> =>
      Promise.resolve({ status: 200, headers: {}, body });
    expect(await ask(gcp, '', { config, ways: { metadata: metadata as never } })).toBe('edge-policy');
    await expect(ask(gcp, '', { config, ways: { metadata: () => Promise.resolve(undefined) } })).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringContaining('metadata.google.internal') as string,
    });
  });

  it('a token that has expired logs in anew', async () => {
    let now = Date.now();
    const gcp = await start(() => now);
    const config = gcpConfigSchema.parse(gcp.config);
    const secret = { 'credentials.json': gcp.credentials['credentials.json'] ?? '', 'ca.crt': gcp.ca };
    const client = gcpClient(config, { secret, clock: clockAt(() => now) });
    const path = '/compute/v1/projects/edge-project/global/firewallPolicies/edge-policy';
    const read = async (): Promise<unknown> => client.asking(signal)({ method: 'GET', path, template: '/policy' });
    await read();
    now += 3_599_000;
    await read();
    expect(gcp.requests().filter((one) => one.path === '/token')).toHaveLength(2);
    client.close();
  });
});

describe('whoever', () => {
  it.each([20, -80])('has a clock that is %i minutes off is told so', async (minutes) => {
    const gcp = await start();
    const now = (): number => Date.now() + minutes * 60_000;
    await expect(ask(gcp, gcp.credentials['credentials.json'] ?? '', { now })).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringContaining('set the clock of the node') as string,
    });
  });

  it('has a token for another pool is told so', async () => {
    const gcp = await start();
    await expect(
      ask(gcp, federation(gcp), { ways: { readToken: () => Promise.resolve('other') } }),
    ).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringContaining('the pool does not trust this token') as string,
    });
    await expect(
      ask(gcp, federation(gcp), { ways: { readToken: () => Promise.reject(new Error('ENOENT')) } }),
    ).rejects.toMatchObject({ errorClass: 'auth', message: expect.stringContaining('project a token') as string });
  });

  it.each([
    ['nothing', undefined, 'it is not there'],
    ['no JSON', 'x', 'credentials.json'],
    ['another kind of file', JSON.stringify({ type: 'authorized_user' }), 'type'],
    [
      'a key that is none',
      JSON.stringify({ type: 'service_account', client_email: 'a@b.c', private_key: 'x' }),
      'download the key file again',
    ],
    [
      'a file elsewhere',
      JSON.stringify({
        type: 'external_account',
        audience: 'x',
        subject_token_type: 'x',
        credential_source: { file: '/var/run/service-account/../secrets/kubernetes.io/serviceaccount/token' },
      }),
      'must be a file below /var/run/service-account/',
    ],
  ])('gives %s is told what it has to be', (_, file, words) => {
    const config = gcpConfigSchema.parse({ project: 'my-project', policy: 'edge' });
    const secret = file === undefined ? {} : { 'credentials.json': file };
    expect(() => tokenSource(config, { secret, clock: clockAt(Date.now) }, {})).toThrow(words);
  });
});
