import { describe, expect, it } from 'vitest';
import { runPostern } from '../testing/run-postern.ts';

/* `postern plan` without a device: what it takes for granted of it, and what it is told. */

const world = `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [] }
status: { phase: Running, podIP: 10.20.1.11 }
---
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }] }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: fortigate, config: { url: 'https://192.0.2.1' }, secretRef: { name: edge } }
STATUS`;

async function plan(options: readonly string[], status = '') {
  const stdin = world.replace('STATUS', status);
  const { code, out, err } = await runPostern(['plan', '-f', '-', '-o', 'json', ...options], { stdin });
  return { code, out, err };
}

async function assumed(options: readonly string[], status = '') {
  const { out } = await plan(options, status);
  const { points } = JSON.parse(out) as {
    points: readonly { assumed: unknown; changes: readonly { name: string }[] }[];
  };
  return points[0];
}

/** The object that stands in empty groups, which FortiOS refuses before 7.2. */
const fills = (point: Awaited<ReturnType<typeof assumed>>): boolean =>
  point?.changes.some(({ name }) => name === 'pn-manifests-none') === true;

describe('postern plan of files', () => {
  it('says what it takes for granted of a device of this kind', async () => {
    const point = await assumed([]);
    expect(point?.assumed).toEqual([
      { name: 'version', value: '', from: 'kind' },
      { name: 'maxMembersPerGroup', value: '300', from: 'kind' },
      { name: 'domainNames', value: 'wildcard', from: 'kind' },
      { name: 'transactions', value: 'false', from: 'kind' },
    ]);
    expect(fills(point)).toBe(true);
  });

  it('plans for the version that it is told, or that the status in the input tells', async () => {
    const told = await assumed(['--assume', 'version=7.6.5']);
    expect(told?.assumed).toContainEqual({ name: 'version', value: '7.6.5', from: 'assume' });
    const read = await assumed([], 'status: { deviceVersion: 7.4.8 }');
    expect(read?.assumed).toContainEqual({ name: 'version', value: '7.4.8', from: 'status' });
    const both = await assumed(['--assume', 'edge:version=7.0.1'], 'status: { deviceVersion: 7.4.8 }');
    expect(both?.assumed).toContainEqual({ name: 'version', value: '7.0.1', from: 'assume' });
    const far = `---\n${(world.split('---').at(-1) ?? '').replace('name: edge', 'name: far').replace('STATUS', '')}`;
    const other = await assumed(['--assume', 'far:version=7.6.5'], far);
    expect([told, read, both, other].map(fills)).toEqual([false, false, true, true]);
  });

  it.each([
    ['versoin=7.6.5', 'did you mean version?'],
    [
      'version',
      'is not [POINT:]FACT=VALUE with one of the facts version, maxMembersPerGroup, domainNames, transactions',
    ],
    ['version=latest', '--assume version=latest: version must be a version such as 7.6.5'],
    ['maxMembersPerGroup=0', 'maxMembersPerGroup must be a number from 1 on'],
    ['core:version=7.6.5', 'there is no EnforcementPoint "core"; there are: edge'],
    ['domainNames=some', 'domainNames must be none, exact or wildcard'],
  ])('refuses %s', async (text, message) => {
    const { code, err } = await plan(['--assume', text]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });

  it('says of a version that the adapter cannot work with what the device would be told', async () => {
    const { out } = await plan(['--assume', 'version=6.2.1']);
    expect(out).toContain('FortiOS 6.2.1 is too old');
  });
});
