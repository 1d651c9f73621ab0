import { describe, expect, it } from 'vitest';
import { judgedExample, renderedExample } from './example.ts';

/*
 * The examples as the objects that they become, reviewed as YAML, and judged by what istiod and Envoy would make of them.
 */

const tls = { port: 443, appProtocol: 'tls' } as const;
const http = { port: 80, appProtocol: 'http' } as const;

/** Of these hosts by these ways, what a workload with this ServiceAccount may leave the cluster for: `github.com:443`. */
async function reached(name: string, account: string, hosts: readonly string[]): Promise<readonly string[]> {
  const judge = await judgedExample(name);
  const [namespace = '', serviceAccount = ''] = account.split('/');
  const client = { namespace, serviceAccount, podLabels: {}, meshed: 'sidecar' } as const;
  const targets = hosts.flatMap((host) => [tls, http].map((how) => ({ host, protocol: 'TCP' as const, ...how })));
  const accepted = targets.filter((target) => judge(client, target).verdict === 'Accept');
  return accepted.map(({ host, port }) => `${host}:${port}`);
}

describe.each([
  ['an egress gateway for each', 'mesh-two-applications-three-services'],
  ['in the words of the Gateway API', 'mesh-gateway-api'],
])('two applications, three services, %s', (_, name) => {
  it('becomes the objects that were reviewed', async () => {
    const { text, told } = await renderedExample(name);
    expect(told).toBe('');
    await expect(text).toMatchFileSnapshot(`../../examples/${name}/expected/objects.yaml`);
  });

  it.each([
    ['test-app/app-a', ['github.com:443', 'github.com:80', 'httpbin.org:443', 'httpbin.org:80']],
    ['test-app/app-b', ['google.com:443', 'google.com:80']],
    ['test-app/default', []],
  ])('lets %s reach %j and nothing else', async (account, expected) => {
    const hosts = ['github.com', 'google.com', 'httpbin.org', 'www.github.com', 'example.com'];
    expect(await reached(name, account, hosts)).toEqual(expected);
  });

  it('lets nobody of another namespace reach anything', async () => {
    expect(await reached(name, 'other/app-a', ['github.com', 'google.com', 'httpbin.org'])).toEqual([]);
  });
});

describe('policies per namespace and per ServiceAccount, with TLS of the workload and of the gateway', () => {
  const name = 'mesh-per-namespace-and-service-account';

  it('becomes the objects that were reviewed', async () => {
    const { text, told } = await renderedExample(name);
    expect(told).toBe('');
    await expect(text).toMatchFileSnapshot(`../../examples/${name}/expected/objects.yaml`);
  });

  it.each([
    ['default/default', ['developers.google.com:443']],
    ['otherns/default', ['developer.yahoo.com:80']],
    ['test/sleep-google', ['developers.google.com:443']],
    ['test/sleep-yahoo', ['developer.yahoo.com:80']],
    ['test/sleep', []],
  ])('lets %s reach %j and nothing else', async (account, expected) => {
    expect(await reached(name, account, ['developer.yahoo.com', 'developers.google.com', 'example.com'])).toEqual(
      expected,
    );
  });
});
