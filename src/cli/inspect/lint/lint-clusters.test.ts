import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../../../../test/kit/folders.ts';
import { asYaml } from '../../../../test/kit/objects.ts';
import { runPostern, type Ran } from '../../testing/run-postern.ts';

/* The manifests of two clusters behind one firewall. */

const apiVersion = 'postern.dev/v1alpha1';
const service = (name: string, port: number) => ({
  apiVersion,
  kind: 'ExternalService',
  metadata: { name },
  spec: { domainNames: [`${name}.example.com`], ports: [{ port }], allNamespaces: true },
});
const pod = (name: string, ip: string, fields: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec: { containers: [], ...fields },
  status: { phase: 'Running', podIPs: [{ ip }] },
});
const point = (name: string, fields: object = {}) => ({
  apiVersion,
  kind: 'EnforcementPoint',
  metadata: { name },
  spec: {
    adapter: 'fortigate',
    secretRef: { name: 'edge' },
    config: { url: 'https://192.0.2.1', vdom: 'root' },
    ...fields,
  },
});
const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

interface LintedJson {
  readonly problems: readonly {
    code: string;
    subject: string;
    severity: string;
    clusters: string[];
    message: string;
  }[];
}

describe('lint of several clusters', () => {
  const folder = aFolder();
  const write = (cluster: string, ...objects: readonly object[]): string => {
    const file = join(folder, `${cluster}.yaml`);
    writeFileSync(file, asYaml(objects));
    return `${cluster}=${file}`;
  };
  const run = (...argv: readonly string[]): Promise<Ran> => runPostern(['lint', ...argv]);
  const linted = async (...clusters: readonly string[]): Promise<LintedJson['problems']> =>
    (JSON.parse((await run('--clusters', ...clusters, '-o', 'json')).out) as LintedJson).problems;

  it('tells catalogue objects of one name that differ, and what is the same once', async () => {
    const found = await linted(
      write('east', shop, service('pay', 443), service('mail', 587)),
      write('west', shop, service('pay', 8443), service('mail', 587)),
    );
    expect(found.filter(({ code }) => code === 'catalogue-differs')).toMatchObject([
      {
        subject: 'ExternalService/pay',
        clusters: ['east', 'west'],
        message: expect.stringMatching(/differs between east and west \(spec\.ports\)/) as unknown,
      },
    ]);
    expect(found.filter(({ subject }) => subject === 'ExternalService/mail').map(({ clusters }) => clusters)).toEqual(
      found.filter(({ subject }) => subject === 'ExternalService/mail').map(() => ['east', 'west']),
    );
    expect(found.some(({ subject }) => subject === 'ExternalService/mail')).toBe(true);
  });

  it('tells pods of one address behind one firewall', async () => {
    const east = write('east', shop, pod('a', '10.2.3.4'), pod('b', '10.2.3.5'), point('edge'));
    const west = write('west', shop, pod('c', '10.2.3.4'), pod('d', '10.2.9.9'), point('perimeter'));
    const { code, out } = await run('--clusters', east, west);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^east, west: EnforcementPoint\/edge\n.*1 address \(10\.2\.3\.4\) of pods are behind both east\/edge and west\/perimeter.*\[addresses-overlap\]/m,
    );
  });

  const node = (podCIDR: string) => ({
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: { podCIDR, podCIDRs: [podCIDR] }, status: {} },
  });
  const wide = point('edge', { clusterNetworks: ['10.2.0.0/16'] });
  const other = point('perimeter', { clusterNetworks: ['10.2.128.0/17'] });
  it.each([
    ['of nodes', [node('10.2.3.0/24'), point('edge')], [node('10.2.3.0/24'), point('perimeter')], '10.2.3.0/24'],
    ['of points', [wide], [other], '10.2.128.0/17'],
    ['of nodes and a point', [node('10.2.3.0/24'), pod('a', '10.2.3.4'), point('edge')], [wide], '10.2.3.0/24'],
    [
      'beside the pod network',
      [point('edge', { vantage: { type: 'Pod', network: { name: 'shop/sriov', ranges: ['10.9.0.0/24'] } } })],
      [point('perimeter', { clusterNetworks: ['10.9.0.0/16'] })],
      '10.9.0.0/24',
    ],
  ])('tells networks %s out of which pods of both may get an address', async (_, east, west, shared) => {
    const found = await linted(write('east', shop, ...east), write('west', shop, ...west));
    expect(found.filter(({ code }) => code === 'networks-overlap')).toMatchObject([
      { severity: 'warning', clusters: ['east', 'west'], message: expect.stringContaining(` ${shared}:`) as unknown },
    ]);
  });

  it.each([
    ['nodes say other networks', [node('10.2.4.0/24'), point('edge')]],
    ['all pods have addresses of other networks', [node('10.2.3.0/24'), pod('c', '10.7.0.1'), point('edge')]],
    ['nodes are what it sees', [node('10.2.3.0/24'), point('edge', { vantage: { type: 'Node' } })]],
  ])('says nothing of networks where %s', async (_, west) => {
    const east = write('east', shop, node('10.2.3.0/24'), point('edge'));
    expect((await linted(east, write('west', shop, ...west))).map(({ code }) => code)).not.toContain(
      'networks-overlap',
    );
  });

  it.each([
    ['another VDOM', point('edge', { config: { url: 'https://192.0.2.1', vdom: 'b' } }), pod('c', '10.2.3.4')],
    ['nodes are what it sees', point('edge', { vantage: { type: 'Node' } }), pod('c', '10.2.3.4')],
    ['the pod is on the network of its node', point('edge'), pod('c', '10.2.3.4', { hostNetwork: true })],
    [
      'it covers other namespaces',
      point('edge', { namespaceSelector: { matchLabels: { a: 'b' } } }),
      pod('c', '10.2.3.4'),
    ],
  ])('says nothing where %s', async (_, other, podThere) => {
    const found = await linted(
      write('east', shop, pod('a', '10.2.3.4'), point('edge')),
      write('west', shop, podThere, other),
    );
    expect(found.map(({ code }) => code)).not.toContain('addresses-overlap');
  });

  it('says nothing of two points of one cluster at one firewall', async () => {
    const east = write('east', shop, pod('a', '10.2.3.4'), point('edge'), point('core'));
    expect((await linted(east, write('west', shop))).map(({ code }) => code)).not.toContain('addresses-overlap');
  });

  it('names the cluster of what only one has, and is refused beside -f', async () => {
    const east = write('east', shop, service('pay', 443));
    const found = await linted(east, write('west', shop));
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ clusters }) => clusters.join() === 'east')).toBe(true);
    expect(await run('--clusters', east, '-f', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('leave out -f') as unknown,
    });
  });
});
