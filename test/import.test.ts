import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolderOfTest } from './kit/folders.ts';
import { runPostern } from '../src/cli/testing/run-postern.ts';

const example = 'examples/ces-migration';

async function postern(argv: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  return runPostern(argv, { stdin });
}

const rule = (spec: object): string =>
  JSON.stringify({
    apiVersion: 'kubeovn.io/v1alpha1',
    kind: 'ClusterEgressRule',
    metadata: { name: 'r' },
    spec,
  });

/*
 * The example of a migration. After a change that means to change it: `npx vitest run test/import.test.ts -u`, and read
 * the difference as carefully as the code.
 */
describe('postern import ces', () => {
  it('reports what was reviewed, each line with its place', async () => {
    const { code, err } = await postern(['import', 'ces', '-f', `${example}/ces`]);
    expect(code).toBe(1);
    await expect(err).toMatchFileSnapshot(`../${example}/expected/import.txt`);
  });

  it('writes the files that were reviewed, one for each kind', async () => {
    const directory = aFolderOfTest();
    const { out } = await postern(['import', 'ces', '-f', `${example}/ces`, '--output-dir', directory]);
    const files = (await readdir(directory)).sort();
    expect(out.trim().split('\n').sort()).toEqual(files.map((file) => join(directory, file)));
    for (const file of files) {
      await expect(await readFile(join(directory, file), 'utf8')).toMatchFileSnapshot(`../${example}/postern/${file}`);
    }
    expect((await readdir(`${example}/postern`)).sort()).toEqual(files);
  });

  it('prints the same objects as YAML, and with the report as JSON', async () => {
    const yaml = await postern(['import', 'ces', '-f', `${example}/ces`]);
    const json = await postern(['import', 'ces', '-f', `${example}/ces`, '-o', 'json']);
    const { objects, report } = JSON.parse(json.out) as { objects: { kind: string }[]; report: object[] };
    expect(yaml.out.match(/^kind: .*$/gm)).toEqual(objects.map(({ kind }) => `kind: ${kind}`));
    expect(json.err).toBe('');
    expect(report).toContainEqual({
      effect: 'unsafe',
      severity: 'warning',
      subject: 'ServiceEgressRule/shop/mail',
      field: 'spec.service',
      code: 'empty-source',
      message: expect.stringContaining('ANY source') as string,
      file: `${example}/ces/rules.yaml`,
      document: 13,
      line: 75,
    });
  });

  it('reads lists as kubectl prints them from standard input, and names the line of an item', async () => {
    const list = [
      'apiVersion: v1',
      'kind: List',
      'items:',
      '  - apiVersion: kubeovn.io/v1alpha1',
      '    kind: ExternalService',
      '    metadata: { name: dns, namespace: kube-system }',
      '    spec:',
      '      addresses: [192.0.2.53, 10.0.0.300]',
      "      ports: [{ protocol: udp, port: '53' }]",
      '  - apiVersion: kubeovn.io/v1alpha1',
      '    kind: ClusterEgressRule',
      '    metadata: { name: dns }',
      '    spec: { action: accept-decisively, externalServices: [dns] }',
    ].join('\n');
    const { code, out, err } = await postern(['import', 'ces', '-f', '-'], list);
    expect(code).toBe(1);
    expect(out).toContain('name: kube-system.dns');
    expect(err).toContain('stdin:8 (document 1) ExternalService/kube-system/dns spec.addresses[1]: "10.0.0.300"');
  });

  it.each([
    ['an action that BIG-IP does not know', { action: 'permit', externalServices: ['e'] }, 'unknown-action'],
    ['a service that is not there', { action: 'drop', externalServices: ['e'] }, 'unresolved-reference'],
    ['no service at all', { action: 'drop', externalServices: [] }, 'no-external-service'],
    ['a list that is none', { action: 'drop', externalServices: 'e' }, 'malformed-object'],
  ])('says what is lost: %s', async (_, spec, code) => {
    const { out, err } = await postern(['import', 'ces', '-f', '-'], rule(spec));
    expect(err).toMatch(new RegExp(`^lost .*\\[${code}\\]$`, 'm'));
    expect(out).not.toContain('ClusterEgressPolicy');
  });

  it('ends with 0 when nothing is lost, and finds the services of CES where it is told', async () => {
    const service = JSON.stringify({
      apiVersion: 'kubeovn.io/v1alpha1',
      kind: 'ExternalService',
      metadata: { name: 'e', namespace: 'ces' },
      spec: { addresses: ['192.0.2.1'], ports: [{ protocol: 'tcp', port: '443' }] },
    });
    const input = `${service}\n---\n${rule({ action: 'accept-decisively', externalServices: ['e'] })}`;
    const { code, err } = await postern(['import', 'ces', '-f', '-', '--ces-namespace', 'ces'], input);
    expect(code).toBe(0);
    expect(err).toContain('2 objects carried over');
  });

  it('carries over nothing that our kinds do not take, and names the field', async () => {
    const service = {
      ...{ apiVersion: 'kubeovn.io/v1alpha1', kind: 'ExternalService' },
      metadata: { name: 'bücher', namespace: 'shop' },
      spec: { addresses: ['192.0.2.25'] },
    };
    const { code, out, err } = await postern(['import', 'ces', '-f', '-'], JSON.stringify(service));
    expect([code, out]).toEqual([1, expect.not.stringContaining('bücher')]);
    expect(err).toMatch(/ExternalService\/shop\/bücher[^]*cannot be said here \(metadata.name\)/);
  });

  it('names the products that it knows', async () => {
    expect(await postern(['import', 'checkpoint', '-f', '-'])).toEqual({
      code: 1,
      out: '',
      err: 'postern: nothing can be imported from "checkpoint"; there is: ces, network-policy, cilium, calico, istio, otterize, uds\n',
    });
  });
});
