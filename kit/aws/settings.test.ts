import { createServer, type Server } from 'node:http';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aFolderOfTest } from '../../test/kit/folders.ts';
import { credentialSource } from './credentials.ts';
import { endpointOf } from './endpoint.ts';

let home: string;
let servers: Server[];
beforeEach(() => {
  home = aFolderOfTest();
  servers = [];
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'credentials'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers) server.close();
});

/** What AWS's own services answer where they are, for a process that runs there. */
async function serving(answer: (path: string, authorization: string) => string): Promise<string> {
  const server = createServer((request, response) =>
    response.end(answer(request.url ?? '', request.headers.authorization ?? '')),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

describe('the keys that requests are signed with', () => {
  it('are those of the secret, which nothing around them changes', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env');
    const keys = credentialSource({ accessKeyId: ' AKIA1\n', secretAccessKey: 'one\n' }, 'eu-west-1');
    expect(await keys()).toEqual({ accessKeyId: 'AKIA1', secretAccessKey: 'one' });
  });

  it('come from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    expect(await credentialSource({}, 'eu-west-1')()).toMatchObject({
      accessKeyId: 'AKIAENV',
      secretAccessKey: 'env',
      sessionToken: 'session',
    });
  });

  it('come from a profile', async () => {
    vi.stubEnv('AWS_PROFILE', 'postern');
    await writeFile(
      join(home, 'credentials'),
      '[postern]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = profile\n',
    );
    expect(await credentialSource({}, 'eu-west-1')()).toMatchObject({ accessKeyId: 'AKIAPROFILE' });
  });

  it('come from the agent of the container, as EKS Pod Identity has one', async () => {
    const asked: string[] = [];
    const url = await serving((path, authorization) => {
      asked.push(`${path} ${authorization}`);
      const keys = { AccessKeyId: 'AKIAPOD', SecretAccessKey: 'pod', Token: 't', Expiration: inAnHour() };
      return JSON.stringify(keys);
    });
    await writeFile(join(home, 'token'), 'pod-token');
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/v1/credentials`);
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', join(home, 'token'));
    expect(await credentialSource({}, 'eu-west-1')()).toMatchObject({ accessKeyId: 'AKIAPOD', sessionToken: 't' });
    expect(asked).toEqual(['/v1/credentials pod-token']);
  });

  it('come from the web identity of the service account', async () => {
    const xml = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
      <Credentials><AccessKeyId>AKIAWEB</AccessKeyId><SecretAccessKey>web</SecretAccessKey><SessionToken>t</SessionToken>
      <Expiration>${inAnHour()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
    vi.stubEnv('AWS_ENDPOINT_URL_STS', await serving(() => xml));
    await writeFile(join(home, 'token'), 'identity');
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/postern');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(home, 'token'));
    expect(await credentialSource({}, 'eu-west-1')()).toMatchObject({ accessKeyId: 'AKIAWEB' });
  });

  it('are missed by name, and nothing of where they were looked for is told', async () => {
    await expect(credentialSource({}, 'eu-west-1')()).rejects.toThrow(/^No AWS credentials were found \(\w+\)\. Give/);
    await expect(credentialSource({ accessKeyId: 'AKIA' }, 'eu-west-1')()).rejects.toThrow(/give both, or neither/);
  });
});

describe('where a service answers', () => {
  const firewall = { signingName: 'network-firewall', serviceId: 'Network Firewall' };

  it.each([
    ['at its endpoint of the region', {}, '', 'https://network-firewall.eu-west-1.amazonaws.com'],
    ['where the environment says for all', { AWS_ENDPOINT_URL: 'https://all.test' }, '', 'https://all.test'],
    [
      'where the environment says for it',
      { AWS_ENDPOINT_URL: 'https://all.test', AWS_ENDPOINT_URL_NETWORK_FIREWALL: 'https://nfw.test:8443' },
      '',
      'https://nfw.test:8443',
    ],
    [
      'where the profile says',
      {},
      '[default]\nservices = here\n[services here]\nnetwork_firewall =\n  endpoint_url = https://profile.test\n',
      'https://profile.test',
    ],
    [
      'at its endpoint where settings are to be ignored',
      { AWS_ENDPOINT_URL: 'https://all.test', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      '',
      'https://network-firewall.eu-west-1.amazonaws.com',
    ],
  ])('is %s', async (_, environment, file, expected) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await writeFile(join(home, 'config'), file);
    expect(await endpointOf(firewall, { region: 'eu-west-1' })).toBe(expected);
  });

  it.each([
    ['cn-north-1', 'amazonaws.com.cn'],
    ['us-gov-west-1', 'amazonaws.com'],
    ['eusc-de-east-1', 'amazonaws.eu'],
    ['us-iso-east-1', 'c2s.ic.gov'],
    ['us-isob-east-1', 'sc2s.sgov.gov'],
  ])('is in the partition of its region: %s', async (region, suffix) => {
    expect(await endpointOf(firewall, { region })).toBe(`https://network-firewall.${region}.${suffix}`);
  });

  it('is where the config of the point says, whatever the environment says', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'https://all.test');
    expect(await endpointOf(firewall, { region: 'eu-west-1', url: 'https://point.test' })).toBe('https://point.test');
  });

  it('is nowhere in the clear', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://all.test');
    await expect(endpointOf(firewall, { region: 'eu-west-1' })).rejects.toThrow(/AWS_ENDPOINT_URL.*must be https/);
  });
});
